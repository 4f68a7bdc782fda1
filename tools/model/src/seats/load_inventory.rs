//! `usecases/load_inventory.rs`: lease, snapshot, publish. It may begin at any time, since what it checked before (an
//! event is on sale and not loaded) may be long past.

use super::{
    ids::{LeaseNonce, Seats, Symmetric, Symmetry},
    rules::Rules,
    world::World,
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LoadInventory {
    event: usize,
    nonce: LeaseNonce,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Snapshot,
    /// Without the guard the snapshot is read before the lease.
    Lease {
        capacity: Seats,
        sold: Seats,
    },
    Publish {
        capacity: Seats,
        sold: Seats,
    },
}

impl LoadInventory {
    /// Acquires the lease; `None` if another process has it.
    pub(crate) fn begin(world: &mut World, nonce: LeaseNonce, event: usize, rules: Rules) -> Option<Self> {
        let begun = Self { event, nonce, step: Step::Snapshot };
        let has_lease = !rules.has(Guard::SnapshotUnderLease)
            || world.valkey.acquire_load(event, begun.nonce)
            || !rules.has(Guard::PublishNeedsLease);
        Some(begun).filter(|_| has_lease)
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        let to = |step| Some(Self { step, ..self });
        match self.step {
            Step::Snapshot => {
                let (capacity, sold) = world.store.snapshot(self.event, rules.seats_of(self.event))?;
                to(match rules.has(Guard::SnapshotUnderLease) {
                    true => Step::Publish { capacity, sold },
                    false => Step::Lease { capacity, sold },
                })
            }
            Step::Lease { capacity, sold } => {
                let has_lease = world.valkey.acquire_load(self.event, self.nonce);
                to(Step::Publish { capacity, sold }).filter(|_| has_lease)
            }
            Step::Publish { capacity, sold } => {
                let all = rules.seats_of(self.event);
                world.valkey.publish(self.event, all, self.nonce, capacity, sold, rules.guards);
                None
            }
        }
    }
}

impl Symmetric for LoadInventory {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.nonce(&mut self.nonce);
        if let Step::Lease { capacity, sold } | Step::Publish { capacity, sold } = &mut self.step {
            symmetry.seats(capacity);
            symmetry.seats(sold);
        }
    }
}
