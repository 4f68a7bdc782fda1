//! Calls with an idempotency key, which may be sent again whatever became of the first request.

use std::time::Duration;

use booked_checker::history::{Call, Op, Outcome, Try};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::session::Session;

/// How a call is sent again with its key, until it has an answer that counts.
#[derive(Clone, Copy, Debug)]
pub struct Repeats {
    /// How often it is sent at most.
    pub attempts_max: u32,
    /// Between two attempts, if the answer does not say how long.
    pub pause: Duration,
    /// Nothing is sent again when the first attempt is so long ago.
    pub patience: Duration,
}

/// A call with a key of its own.
pub struct KeyedCall {
    session: Session,
    op: Op,
    key: Uuid,
    tries: Vec<Try>,
}

impl Repeats {
    /// Sends the operation with a new key, and again with the same key if its outcome is unknown or nothing was done because there
    /// was too much to do. `goes_on` is asked before each repeat.
    pub async fn call(&self, session: &Session, op: Op, goes_on: impl Fn() -> bool) -> KeyedCall {
        let (mut call, give_up) = (KeyedCall::new(session, op), Instant::now() + self.patience);
        for attempt in 1.. {
            let pause = call.send().await.unwrap_or(self.pause);
            let is_last = attempt >= self.attempts_max || Instant::now() + pause > give_up;
            if is_last || !call.is_open() || !goes_on() {
                break;
            }
            sleep(pause).await;
        }
        call
    }
}

impl KeyedCall {
    /// With a new key. It is not drawn from a seed: a key that was used in an earlier run would give the answers of that run.
    #[must_use]
    pub fn new(session: &Session, op: Op) -> Self {
        let key = Uuid::from_u128(rand::random());
        Self { session: session.clone(), op, key, tries: Vec::new() }
    }

    /// Sends it once more. Returns how long to wait before the next attempt, if the answer says so.
    pub async fn send(&mut self) -> Option<Duration> {
        let (sent, pause) = self.session.attempt(&self.op, Some(self.key)).await;
        self.tries.push(sent);
        pause
    }

    /// Sends it twice at once.
    pub async fn send_twice(&mut self) {
        let one = self.session.attempt(&self.op, Some(self.key));
        let other = self.session.attempt(&self.op, Some(self.key));
        let ((one, _), (other, _)) = futures_util::future::join(one, other).await;
        self.tries.extend([one, other]);
    }

    /// Whether the last answer leaves open what came of it, or says that nothing was done and that it should be sent again.
    fn is_open(&self) -> bool {
        match self.tries.last().map(|last| &last.outcome) {
            Some(Outcome::Unknown { .. } | Outcome::Fail { status: 429 | 503, .. }) | None => true,
            Some(Outcome::Ok(_) | Outcome::Fail { .. }) => false,
        }
    }

    /// As a history has it: one call, however often it was sent.
    #[must_use]
    pub fn recorded(self) -> Call {
        Call::of_tries(self.session.user(), self.op, self.key, self.tries)
    }
}
