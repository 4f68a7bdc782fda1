//! Round robin over the replicas of a service.

use std::{cell::Cell, rc::Rc};

use tokio::time::Instant;

use super::{call::Call, replica::Replica};

#[derive(Debug, Default)]
pub(super) struct RoundRobin(Cell<usize>);

impl RoundRobin {
    /// All replicas in the order in which this call tries them: round robin, and last those that have no free slot, that
    /// failed a moment ago or that do not respond.
    pub(super) fn order<'r>(&self, replicas: &'r [Rc<Replica>], call: &Call) -> Vec<&'r Rc<Replica>> {
        let first = self.0.get();
        self.0.set(first.wrapping_add(1));
        if let [only] = replicas {
            return vec![only];
        }
        let (late, early) = replicas.split_at(first.checked_rem(replicas.len()).unwrap_or(0));
        replicas.iter().for_each(|replica| replica.probe_if_due(call));
        let mut order: Vec<&Rc<Replica>> = early.iter().chain(late).collect();
        let now = Instant::now();
        order.sort_by_key(|replica| replica.rank(now));
        order
    }
}
