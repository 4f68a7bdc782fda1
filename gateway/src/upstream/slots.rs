//! The slots for calls to a replica: as many as it can answer in time, with a bounded queue behind them.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{
    concurrency_limit::ConcurrencyLimit, connection_gauges::ConnectionCounts, slot_queue::SlotQueue,
};
use crate::routes::Priority;

/// How many calls of each priority may wait for each slot; if there are more, the one that has waited longest is rejected.
const QUEUED_PER_SLOT: usize = 4;
/// No call waits longer than this fraction of the time that a response may take: most of it must be left when it is sent.
const WAIT_FRACTION: u32 = 10;

pub(super) struct Slots {
    limit: RefCell<ConcurrencyLimit>,
    queue: RefCell<SlotQueue<Slot>>,
    wait_max: Duration,
    counts: Arc<ConnectionCounts>,
}

/// A call may be in flight as long as this lives.
pub(super) struct Slot(Rc<Slots>);

impl Slots {
    pub(super) fn new(max: usize, response_timeout: Duration, counts: Arc<ConnectionCounts>) -> Self {
        counts.add_worker(max);
        Self {
            limit: RefCell::new(ConcurrencyLimit::new(max, response_timeout, Instant::now())),
            queue: RefCell::new(SlotQueue::new(max.saturating_mul(QUEUED_PER_SLOT))),
            wait_max: response_timeout / WAIT_FRACTION,
            counts,
        }
    }

    /// Whether a call would have to wait.
    pub(super) fn are_taken(&self) -> bool {
        self.limit.borrow().is_reached()
    }

    /// A slot, or why there is none in time.
    pub(super) async fn acquire(
        self: &Rc<Self>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Slot, &'static str> {
        let enqueued = Instant::now();
        let slot = match self.try_acquire() {
            Some(slot) => slot,
            None => {
                let slot = self.queue.borrow_mut().push(priority, enqueued);
                let _queued = self.counts.count_queued();
                let give_up = deadline.min(enqueued + self.wait_max);
                let slot = timeout_at(give_up, slot).await.map_err(|_| "all connections are in use")?;
                slot.map_err(|_| "too many calls wait for a connection")?
            }
        };
        if Instant::now() + self.limit.borrow().mean_latency() >= deadline {
            return Err("less time is left than a response usually takes");
        }
        Ok(slot)
    }

    pub(super) fn responded(&self, took: Duration) {
        self.adapt(|limit| limit.responded(took, Instant::now()));
    }

    pub(super) fn timed_out(&self) {
        self.adapt(|limit| limit.timed_out(Instant::now()));
    }

    fn adapt(&self, event: impl FnOnce(&mut ConcurrencyLimit)) {
        let mut limit = self.limit.borrow_mut();
        let before = limit.get();
        event(&mut limit);
        self.counts.change_limit(before, limit.get());
    }

    fn try_acquire(self: &Rc<Self>) -> Option<Slot> {
        let mut limit = self.limit.borrow_mut();
        if limit.is_reached() {
            return None;
        }
        limit.begin();
        Some(Slot(Rc::clone(self)))
    }

    /// Gives free slots to calls that wait.
    fn serve_queue(self: &Rc<Self>) {
        while !self.are_taken() {
            let Some(next) = self.queue.borrow_mut().pop(Instant::now()) else { return };
            if !next.is_closed()
                && let Some(slot) = self.try_acquire()
            {
                drop(next.send(slot));
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.limit.borrow_mut().end();
        self.0.serve_queue();
    }
}
