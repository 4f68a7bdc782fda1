//! What a made-up run leaves behind.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use booked_checker::evidence::{Analytics, Evidence, Look, Meta, SeatMap, SeatsSeen};

use super::{INCARNATION, Run, SECOND, ms};

impl Run {
    /// What all of this leaves behind, once it is quiet.
    pub(crate) fn evidence(mut self) -> Evidence {
        self.now_us += SECOND;
        self.expire(self.now_us);
        let row = self.row();
        if !row.deleted {
            let owned = self.owned.iter().map(|(seat, owned)| (self.ticket(*seat), owned.owner));
            self.ticketing.tickets = owned.collect();
        }
        let mut look = Look::default();
        if !row.deleted {
            look.events.insert(self.event, self.seen());
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
            looks: vec![look],
            clock_skew: Duration::from_millis(1),
        }
    }

    fn seen(&self) -> SeatsSeen {
        let seats = |seat: &u32| *seat;
        let taken: BTreeSet<u32> = self.holds.keys().chain(self.owned.keys()).map(seats).collect();
        let meta = Meta {
            capacity: self.seats.into(),
            taken: i64::try_from(taken.len()).unwrap(),
            freed: self.freed,
            hint: 0,
        };
        let map = SeatMap {
            now_unix_ms: ms(self.now_us),
            taken,
            holds: self.holds.iter().map(|(seat, hold)| (*seat, ms(hold.ends_us))).collect(),
            holders: self.holds.iter().map(|(seat, hold)| (*seat, Some(hold.user))).collect(),
            meta,
            ..SeatMap::default()
        };
        let sold = self.owned.iter().map(|(seat, owned)| (*seat, owned.owner.booking)).collect();
        SeatsSeen { map, row: Some(self.row()), sold }
    }
}
