//! Calls that wait for a slot: two queues, one for high priority and one for the rest.

use booked_server::StandingQueue;
use tokio::{sync::oneshot, time::Instant};

use crate::routes::Priority;

/// While calls of both priorities wait, one of this many slots goes to the normal ones: calls with high priority, however
/// many a client makes up, never take them all.
const SLOTS_PER_NORMAL_SLOT: u8 = 4;

/// Each call that waits gets a slot, or its sender is dropped.
pub(super) struct SlotQueue<Slot> {
    high: StandingQueue<oneshot::Sender<Slot>>,
    normal: StandingQueue<oneshot::Sender<Slot>>,
    /// The bound of each queue.
    len_max: usize,
    /// High-priority calls that were served one after the other while normal ones waited.
    served_high: u8,
}

impl<Slot> SlotQueue<Slot> {
    pub(super) fn new(len_max: usize) -> Self {
        Self { high: StandingQueue::default(), normal: StandingQueue::default(), len_max, served_high: 0 }
    }

    /// Enqueues a call. If the queue is full, the call that has waited longest is dropped.
    pub(super) fn push(&mut self, priority: Priority, now: Instant) -> oneshot::Receiver<Slot> {
        let (sender, receiver) = oneshot::channel();
        let queue = match priority {
            Priority::High => &mut self.high,
            Priority::Normal => &mut self.normal,
        };
        queue.forget_oldest_while(oneshot::Sender::is_closed);
        if queue.len() >= self.len_max {
            queue.pop_oldest();
        }
        queue.push(sender, now);
        receiver
    }

    /// The call that is served next. It may have been canceled.
    pub(super) fn pop(&mut self, now: Instant) -> Option<oneshot::Sender<Slot>> {
        let is_for_normal = self.served_high + 1 >= SLOTS_PER_NORMAL_SLOT && !self.normal.is_empty();
        if !is_for_normal && let Some(next) = self.high.pop(now) {
            self.served_high = if self.normal.is_empty() { 0 } else { self.served_high + 1 };
            return Some(next);
        }
        self.served_high = 0;
        self.normal.pop(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_priority_goes_first_and_leaves_one_slot_of_four_to_the_rest() {
        let (mut queue, now) = (SlotQueue::new(100), Instant::now());
        let wait = |queue: &mut SlotQueue<u8>, priority, count| {
            (0..count).map(|_| queue.push(priority, now)).collect::<Vec<_>>()
        };
        let normal = wait(&mut queue, Priority::Normal, 3);
        let high = wait(&mut queue, Priority::High, 7);

        for slot in 0..10 {
            queue.pop(now).unwrap().send(slot).unwrap();
        }

        let slots = |receivers: Vec<oneshot::Receiver<u8>>| -> Vec<u8> {
            receivers.into_iter().map(|mut receiver| receiver.try_recv().unwrap()).collect()
        };
        assert_eq!((slots(high), slots(normal)), (vec![0, 1, 2, 4, 5, 6, 8], vec![3, 7, 9]));
        assert!(queue.pop(now).is_none());
    }

    #[test]
    fn a_full_queue_drops_its_oldest_and_nothing_of_the_other() {
        let (mut queue, now) = (SlotQueue::<()>::new(1), Instant::now());
        let mut high = queue.push(Priority::High, now);
        let mut first = queue.push(Priority::Normal, now);
        let mut second = queue.push(Priority::Normal, now);

        let is_rejected = |receiver: &mut oneshot::Receiver<()>| {
            receiver.try_recv() == Err(oneshot::error::TryRecvError::Closed)
        };
        assert_eq!([&mut high, &mut first, &mut second].map(is_rejected), [false, true, false]);
    }
}
