//! `usecases/purge_deleted.rs`: the event is dropped in Valkey, then its rows are removed. What `applied` in
//! `inbound/feed.rs` does after a deletion is the first step alone, by a process that then stops.

use super::{rules::Rules, world::World};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PurgeDeleted {
    event: usize,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Drop,
    Purge,
}

impl PurgeDeleted {
    /// `None` if the event is not deleted, or purged already.
    pub(crate) fn begin(world: &World, event: usize, rules: Rules) -> Option<Self> {
        let row = world.store.events[event];
        let step = if rules.has(Guard::PurgeDropsFirst) { Step::Drop } else { Step::Purge };
        Some(Self { event, step }).filter(|_| row.deleted && !row.purged)
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        let drops_first = rules.has(Guard::PurgeDropsFirst);
        match self.step {
            Step::Drop => {
                world.drop_event(self.event, rules);
                Some(Self { step: Step::Purge, ..self }).filter(|_| drops_first)
            }
            Step::Purge => {
                world.store.purge(self.event, rules.seats_of(self.event));
                Some(Self { step: Step::Drop, ..self }).filter(|_| !drops_first)
            }
        }
    }
}
