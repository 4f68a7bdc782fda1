//! Whose turn it is to give a replica a call: as many at a time as it can do in time, a bounded queue behind them.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{connections::ToReplica, limit::Limit, waiting::Waiting};
use crate::routes::Priority;

/// How many of each priority may wait for each that may be under way; where there are more, the one that has waited longest
/// is refused.
const WAITING_FOR_EACH: usize = 4;
/// Nobody waits longer than this part of the time that an answer may take: most of it must be left when a call is sent.
const WAIT_OF: u32 = 10;

pub(super) struct Turns {
    limit: RefCell<Limit>,
    waiting: RefCell<Waiting<Turn>>,
    wait_max: Duration,
    shown: Arc<ToReplica>,
}

/// A call may be under way as long as this lives.
pub(super) struct Turn(Rc<Turns>);

impl Turns {
    pub(super) fn new(most: usize, answer_max: Duration, shown: Arc<ToReplica>) -> Self {
        shown.allow(most);
        Self {
            limit: RefCell::new(Limit::new(most, answer_max, Instant::now())),
            waiting: RefCell::new(Waiting::new(most.saturating_mul(WAITING_FOR_EACH))),
            wait_max: answer_max / WAIT_OF,
            shown,
        }
    }

    /// Whether a call would have to wait.
    pub(super) fn are_taken(&self) -> bool {
        self.limit.borrow().is_reached()
    }

    /// A turn, or why there is none in time.
    pub(super) async fn get(
        self: &Rc<Self>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Turn, &'static str> {
        let came = Instant::now();
        let turn = match self.take() {
            Some(turn) => turn,
            None => {
                let turn = self.waiting.borrow_mut().push(priority, came);
                let give_up = deadline.min(came + self.wait_max);
                let got = timeout_at(give_up, turn).await.map_err(|_| "all connections are in use")?;
                got.map_err(|_| "too many wait for a connection")?
            }
        };
        if Instant::now() + self.limit.borrow().usual() >= deadline {
            return Err("less time is left than an answer usually takes");
        }
        Ok(turn)
    }

    /// An answer came after so long.
    pub(super) fn answered(&self, took: Duration) {
        self.learn(|limit| limit.answered(took, Instant::now()));
    }

    pub(super) fn timed_out(&self) {
        self.learn(|limit| limit.timed_out(Instant::now()));
    }

    fn learn(&self, event: impl FnOnce(&mut Limit)) {
        let mut limit = self.limit.borrow_mut();
        let before = limit.get();
        event(&mut limit);
        self.shown.change_limit(before, limit.get());
    }

    fn take(self: &Rc<Self>) -> Option<Turn> {
        let mut limit = self.limit.borrow_mut();
        if limit.is_reached() {
            return None;
        }
        limit.begin();
        Some(Turn(Rc::clone(self)))
    }

    /// Who waits is given what is free.
    fn hand_on(self: &Rc<Self>) {
        while !self.are_taken() {
            let Some(next) = self.waiting.borrow_mut().pop(Instant::now()) else { return };
            if !next.is_closed()
                && let Some(turn) = self.take()
            {
                drop(next.send(turn));
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.limit.borrow_mut().end();
        self.0.hand_on();
    }
}
