//! The evidence that a made-up run leaves behind.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use booked_checker::evidence::{Analytics, Evidence, InspectedEvent, Inspection, Inventory, Meta};

use super::{INCARNATION, Run, SECOND, ms};

impl Run {
    /// When nothing is happening any more.
    pub(crate) fn evidence(mut self) -> Evidence {
        self.now_us += SECOND;
        self.expire(self.now_us);
        let row = self.row();
        if !row.deleted {
            let owned = self.owned.iter().map(|(seat, owned)| (self.ticket(*seat), owned.owner));
            self.ticketing.tickets = owned.collect();
        }
        let mut inspection = Inspection::default();
        if !row.deleted {
            inspection.events.insert(self.event, self.inspected());
        }
        self.counts.booked_now.retain(|_, count| *count != 0 && !row.deleted);
        let analytics = Analytics {
            incarnation: INCARNATION.to_owned(),
            cursor: self.rows,
            counts: BTreeMap::from([(self.event, self.counts)]),
            ..Analytics::default()
        };
        Evidence {
            history: self.history,
            ticketing: Some(self.ticketing),
            events: Some(HashMap::from([(self.event, row)])),
            analytics: Some(analytics),
            inspections: vec![inspection],
            clock_skew: Duration::from_millis(1),
        }
    }

    fn inspected(&self) -> InspectedEvent {
        let seats = |seat: &u32| *seat;
        let taken: BTreeSet<u32> = self.holds.keys().chain(self.owned.keys()).map(seats).collect();
        let meta = Meta {
            capacity: self.seats.into(),
            taken: i64::try_from(taken.len()).unwrap(),
            freed: self.freed,
            hint: 0,
        };
        let inventory = Inventory {
            now_unix_ms: ms(self.now_us),
            taken,
            holds: self.holds.iter().map(|(seat, hold)| (*seat, ms(hold.ends_us))).collect(),
            holders: self.holds.iter().map(|(seat, hold)| (*seat, Some(hold.user))).collect(),
            meta,
            ..Inventory::default()
        };
        let sold = self.owned.iter().map(|(seat, owned)| (*seat, owned.owner.booking)).collect();
        InspectedEvent { inventory, row: Some(self.row()), sold }
    }
}
