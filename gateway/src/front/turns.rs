//! Whose turn it is on a connection, the client's or ours, and until when.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Waker},
    time::Duration,
};

use actix_http::Request;
use tokio::time::Instant;

use super::{
    crowd::{Crowd, IdleSince},
    framing::{BodyLength, Head, Rest},
};

/// The state of one connection; the stream below the server and the pipeline above it share it.
///
/// The server is handed one request at a time: it would parse whatever it has read, and what becomes of a head takes three
/// hundred times the bytes of the shortest.
pub(super) struct Turns {
    phase: Cell<Phase>,
    next: Cell<Next>,
    reader: RefCell<Option<Waker>>,
    /// Nothing else would wake the reader.
    is_waker_needed: Cell<bool>,
    crowd: Rc<Crowd>,
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
    Idle { since: IdleSince, until: Instant },
}

/// Which bytes the server may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Head(Head),
    Body(Rest),
    /// None: it has a whole request.
    Nothing,
}

impl Turns {
    /// A connection that waits for its first head. Whoever makes it says when it has ended: [`Turns::left`].
    pub(super) fn new(crowd: Rc<Crowd>, head_timeout: Duration, idle: Duration) -> Self {
        Self {
            phase: Cell::new(Phase::Head { until: Instant::now() + head_timeout }),
            next: Cell::new(Next::Head(Head::default())),
            reader: RefCell::default(),
            is_waker_needed: Cell::new(false),
            crowd,
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

    pub(super) fn next(&self) -> Next {
        self.next.get()
    }

    /// How many of these bytes, which have come, the server gets now.
    pub(super) fn hand(&self, bytes: &[u8]) -> usize {
        match self.next.get() {
            Next::Head(mut head) => {
                if let (Phase::Idle { .. }, false) = (self.phase.get(), bytes.is_empty()) {
                    self.end_idleness();
                    self.phase.set(Phase::Head { until: Instant::now() + self.head_timeout });
                }
                let end = head.end_in(bytes);
                self.next.set(if end.is_some() { Next::Nothing } else { Next::Head(head) });
                end.unwrap_or(bytes.len())
            }
            Next::Body(rest) => {
                let (handed, rest) = rest.take(bytes);
                self.next.set(rest.map_or(Next::Nothing, Next::Body));
                handed
            }
            Next::Nothing => 0,
        }
    }

    /// The reader's task is woken when the server may have other bytes, if nothing else would wake it then.
    pub(super) fn wake_when_changed(&self, cx: &Context<'_>, is_needed: bool) {
        self.is_waker_needed.set(is_needed);
        let mut reader = self.reader.borrow_mut();
        if !reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            *reader = Some(cx.waker().clone());
        }
    }

    fn changed(&self) {
        if self.is_waker_needed.get() {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.wake_by_ref();
        }
    }

    fn begun(&self, body: BodyLength) {
        self.phase.set(Phase::Serving);
        if let Some(rest) = Rest::of(body) {
            self.next.set(Next::Body(rest));
            self.changed();
        }
    }

    /// A request was answered. Where some of its body did not come, the connection ends.
    fn ended(self: &Rc<Self>) {
        let since = self.crowd.add_idle(self);
        self.phase.set(Phase::Idle { since, until: Instant::now() + self.idle });
        if self.next.get() == Next::Nothing {
            self.next.set(Next::Head(Head::default()));
        }
        self.changed();
    }

    fn end_idleness(&self) {
        if let Phase::Idle { since, .. } = self.phase.get() {
            self.crowd.remove_idle(since);
        }
    }

    /// The idle time is over now.
    pub(super) fn close_idle(&self, since: IdleSince) {
        self.phase.set(Phase::Idle { since, until: Instant::now() });
        self.wake();
    }

    /// The connection is no more.
    pub(super) fn left(&self) {
        self.end_idleness();
        self.crowd.leave();
    }
}

/// A request is served as long as this lives.
pub(crate) struct Serving(Option<Rc<Turns>>);

impl Serving {
    pub(super) fn begin(turns: Option<&Rc<Turns>>, request: &Request) -> Self {
        if let Some(turns) = turns {
            turns.begun(BodyLength::announced(request));
        }
        Self(turns.cloned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(turns) = &self.0 {
            turns.ended();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    fn turns() -> Rc<Turns> {
        Rc::new(Turns::new(Rc::new(Crowd::new(8, || ())), Duration::from_secs(5), Duration::from_secs(75)))
    }

    #[test]
    fn a_connection_waits_for_heads_and_is_idle_between_them() {
        let turns = turns();
        assert!(matches!(turns.phase(), Phase::Head { .. }), "the first one is waited for from the start");

        assert_eq!(turns.hand(HEAD), HEAD.len());
        turns.begun(BodyLength::Nothing);
        assert_eq!(turns.phase(), Phase::Serving);
        turns.ended();
        assert!(matches!(turns.phase(), Phase::Idle { .. }));

        turns.hand(b"G");
        let begun = turns.phase();
        assert!(matches!(begun, Phase::Head { .. }));
        turns.hand(b"E");
        assert_eq!(turns.phase(), begun, "another byte gives no more time");
    }

    #[test]
    fn what_was_sent_ahead_stays_outside_until_the_answer() {
        let turns = turns();
        let ahead = [HEAD, HEAD].concat();

        assert_eq!(turns.hand(&ahead), HEAD.len());
        assert_eq!(turns.hand(HEAD), 0);
        turns.begun(BodyLength::Bytes(3));
        assert_eq!(turns.hand(b"abcGET"), 3);
        assert_eq!(turns.hand(HEAD), 0);
        turns.ended();
        assert_eq!(turns.hand(&ahead), HEAD.len());
    }

    #[test]
    fn a_body_that_did_not_come_is_nobodys_head() {
        let turns = turns();
        turns.hand(HEAD);
        turns.begun(BodyLength::Bytes(100));
        turns.ended();

        assert_eq!(turns.hand(HEAD), HEAD.len());
        assert!(matches!(turns.next(), Next::Body(_)));
    }
}
