//! Whose turn it is on a connection, the client's or ours, and until when.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::time::Instant;

/// What a request may bring beside its body, on average: nothing that is still unread after more than that is a next one.
const HEAD_BYTES_USUAL: usize = 8 << 10;

/// The state of one connection; the stream below the server and the pipeline above it share it.
#[derive(Debug)]
pub(super) struct Turns {
    phase: Cell<Phase>,
    /// Bytes that came since the last request ended.
    read: Cell<usize>,
    /// Bytes that may belong to a request which has not begun.
    surplus: Cell<usize>,
    head_timeout: Duration,
    idle: Duration,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// For a whole head of the client's: the connection is new, or something of a head has come.
    Head { until: Instant },
    /// For us, who serve a request; its body has a time of its own.
    Serving,
    /// For anything.
    Idle { until: Instant },
}

impl Turns {
    pub(super) fn new(head_timeout: Duration, idle: Duration) -> Self {
        Self {
            phase: Cell::new(Phase::Head { until: Instant::now() + head_timeout }),
            read: Cell::new(0),
            surplus: Cell::new(0),
            head_timeout,
            idle,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(super) fn head_timeout(&self) -> Duration {
        self.head_timeout
    }

    /// Bytes have come, if it is not the end that came.
    pub(super) fn arrived(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.read.set(self.read.get().saturating_add(bytes));
        if let Phase::Idle { .. } = self.phase.get() {
            self.phase.set(Phase::Head { until: Instant::now() + self.head_timeout });
        }
    }

    /// A request with a body of so many bytes was answered. What came and was neither it nor an usual head is the next
    /// one's, which then has begun.
    fn ended(&self, body_bytes: usize) {
        let read = self.read.take() + self.surplus.get();
        let surplus = read.saturating_sub(body_bytes.saturating_add(HEAD_BYTES_USUAL));
        self.surplus.set(surplus);
        let now = Instant::now();
        self.phase.set(match surplus {
            0 => Phase::Idle { until: now + self.idle },
            _ => Phase::Head { until: now + self.head_timeout },
        });
    }
}

/// A request is served as long as this lives.
#[derive(Debug)]
pub(crate) struct Serving {
    turns: Option<Rc<Turns>>,
    body_bytes: usize,
}

impl Serving {
    pub(super) fn on(turns: Option<&Rc<Turns>>) -> Self {
        if let Some(turns) = turns {
            turns.phase.set(Phase::Serving);
        }
        Self { turns: turns.cloned(), body_bytes: 0 }
    }

    /// So much was read of its body.
    pub(crate) fn has_read(&mut self, body_bytes: usize) {
        self.body_bytes = body_bytes;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(turns) = &self.turns {
            turns.ended(self.body_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> Rc<Turns> {
        Rc::new(Turns::new(Duration::from_secs(5), Duration::from_secs(75)))
    }

    /// Whether the connection waits for the rest of a head when this was answered.
    fn has_begun_after(arrived: usize, body_bytes: usize, turns: &Rc<Turns>) -> bool {
        turns.arrived(arrived);
        let mut serving = Serving::on(Some(turns));
        assert_eq!(turns.phase(), Phase::Serving);
        serving.has_read(body_bytes);
        drop(serving);
        matches!(turns.phase(), Phase::Head { .. })
    }

    #[test]
    fn a_connection_waits_for_heads_and_is_idle_between_them() {
        let turns = turns();
        assert!(matches!(turns.phase(), Phase::Head { .. }), "the first one is waited for from the start");

        assert!(!has_begun_after(300, 0, &turns));
        assert!(!has_begun_after(1_000_300, 1_000_000, &turns));

        turns.arrived(1);
        let begun = turns.phase();
        assert!(matches!(begun, Phase::Head { .. }));
        turns.arrived(1);
        assert_eq!(turns.phase(), begun, "another byte gives no more time");
    }

    #[test]
    fn what_was_sent_ahead_of_an_answer_counts_as_begun() {
        let turns = turns();

        assert!(has_begun_after(60_000, 0, &turns));
        assert!(has_begun_after(0, 40_000, &turns));
        assert!(!has_begun_after(0, 0, &turns));
    }
}
