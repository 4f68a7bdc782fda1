//! What facts about the sale add up to. Their order makes no difference: of an event's states the newest counts, and
//! everything else is a sum.

use std::collections::BTreeMap;

use booked_ids::EventId;
use chrono::NaiveDate;

/// The changes that a number of facts make, by event, in the order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<EventId, EventTally>);

/// The changes to one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// The newest state among the facts.
    pub on_sale: Option<OnSale>,
    /// How many tickets were booked.
    pub booked: i64,
    /// How many tickets were cancelled.
    pub cancelled: i64,
    /// How much the number of tickets that are still booked changes, by the UTC day on which they were booked.
    pub booked_now_by_day: BTreeMap<NaiveDate, i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnSale {
    /// Rises with every change, from 1.
    pub version: i64,
    /// A deletion is final: no other state follows it.
    pub deleted: bool,
    pub total_seats: i32,
}

impl Tally {
    /// Adds a state that the event has or once had.
    pub fn on_sale(&mut self, event: EventId, state: OnSale) {
        let known = &mut self.0.entry(event).or_default().on_sale;
        if known.is_none_or(|known| known.version < state.version) {
            *known = Some(state);
        }
    }

    /// Adds this many tickets, booked on this day.
    pub fn booked(&mut self, event: EventId, day: NaiveDate, tickets: i64) {
        self.counted(event, day, tickets, 0);
    }

    /// Adds the cancellation of a ticket that was booked on this day.
    pub fn cancelled(&mut self, event: EventId, booked_on: NaiveDate) {
        self.counted(event, booked_on, 0, 1);
    }

    /// Adds, at once, this many bookings and cancellations of tickets that were booked on this day.
    pub fn counted(&mut self, event: EventId, day: NaiveDate, booked: i64, cancelled: i64) {
        let event = self.0.entry(event).or_default();
        event.booked += booked;
        event.cancelled += cancelled;
        *event.booked_now_by_day.entry(day).or_default() += booked - cancelled;
    }

    /// The events that have changes.
    pub fn events(&self) -> impl Iterator<Item = (EventId, &EventTally)> {
        self.0.iter().map(|(event, tally)| (*event, tally))
    }
}

#[cfg(test)]
mod tests {
    use booked_ids::EventId;
    use chrono::{Days, NaiveDate};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[derive(Clone, Debug)]
    enum Fact {
        OnSale(i64),
        Booked(u64, i64),
        Cancelled(u64),
    }

    fn fact() -> impl Strategy<Value = (u64, Fact)> {
        let what = prop_oneof![
            (1..9_i64).prop_map(Fact::OnSale),
            (0..3_u64, 1..100_i64).prop_map(|(day, tickets)| Fact::Booked(day, tickets)),
            (0..3_u64).prop_map(Fact::Cancelled),
        ];
        (0..3_u64, what)
    }

    fn tally(facts: &[(u64, Fact)]) -> Tally {
        let day = |days| NaiveDate::default() + Days::new(days);
        let mut tally = Tally::default();
        for (event, fact) in facts {
            let event = EventId::new(*event, [0; 16]);
            match fact {
                Fact::OnSale(version) => {
                    tally.on_sale(
                        event,
                        OnSale { version: *version, deleted: *version == 8, total_seats: 10 },
                    );
                }
                Fact::Booked(days, tickets) => tally.booked(event, day(*days), *tickets),
                Fact::Cancelled(days) => tally.cancelled(event, day(*days)),
            }
        }
        tally
    }

    proptest! {
        #[test]
        fn the_order_of_facts_makes_no_difference(
            (facts, shuffled) in vec(fact(), 0..30).prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        ) {
            prop_assert_eq!(tally(&facts), tally(&shuffled));
        }

        #[test]
        fn what_stays_booked_by_day_is_what_was_booked_without_what_was_cancelled(facts in vec(fact(), 0..30)) {
            for (_, event) in tally(&facts).events() {
                let booked_now: i64 = event.booked_now_by_day.values().sum();
                prop_assert_eq!(booked_now, event.booked - event.cancelled);
            }
        }
    }
}
