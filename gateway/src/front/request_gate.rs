//! Serializes the requests of a connection: the next one passes when the one before it has been served. Says what the
//! connection waits for, and until when.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Waker},
    time::Duration,
};

use actix_http::Request;
use tokio::time::Instant;

use super::{
    framing::{BodyLength, BodyScanner, HeadScanner},
    worker_connections::{CloseIdle, IdleSince, WorkerConnections},
};

/// The state of one connection, shared by the stream below the server and the pipeline above it.
///
/// The server is given one request at a time: it would parse all that it has read, and a parsed head takes three hundred times
/// the bytes of the shortest one.
pub(super) struct RequestGate {
    state: Cell<ConnectionState>,
    admits: Cell<Admits>,
    reader: RefCell<Option<Waker>>,
    /// Nothing else would wake the reader.
    is_wake_needed: Cell<bool>,
    worker: Rc<WorkerConnections>,
    head_timeout: Duration,
    idle_timeout: Duration,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// For a whole head from the client: the connection is new, or part of a head has come.
    ReadingHead { deadline: Instant },
    /// For us to serve a request; its body has a timeout of its own.
    Serving,
    /// For anything.
    Idle { since: IdleSince, deadline: Instant },
}

/// Which bytes the server may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admits {
    Head(HeadScanner),
    Body(BodyScanner),
    /// None: the server has a whole request.
    Nothing,
}

impl RequestGate {
    /// The gate of a connection that waits for its first head. Its owner calls [`Self::connection_closed`] at the end.
    pub(super) fn new(worker: Rc<WorkerConnections>, head_timeout: Duration, idle_timeout: Duration) -> Self {
        Self {
            state: Cell::new(ConnectionState::ReadingHead { deadline: Instant::now() + head_timeout }),
            admits: Cell::new(Admits::Head(HeadScanner::default())),
            reader: RefCell::default(),
            is_wake_needed: Cell::new(false),
            worker,
            head_timeout,
            idle_timeout,
        }
    }

    pub(super) fn state(&self) -> ConnectionState {
        self.state.get()
    }

    pub(super) fn head_timeout(&self) -> Duration {
        self.head_timeout
    }

    pub(super) fn admits(&self) -> Admits {
        self.admits.get()
    }

    /// How many of these bytes, which have come, pass to the server now.
    pub(super) fn admit(&self, bytes: &[u8]) -> usize {
        match self.admits.get() {
            Admits::Head(mut head) => {
                if let (ConnectionState::Idle { .. }, false) = (self.state.get(), bytes.is_empty()) {
                    self.end_idle();
                    let deadline = Instant::now() + self.head_timeout;
                    self.state.set(ConnectionState::ReadingHead { deadline });
                }
                let end = head.end_in(bytes);
                self.admits.set(if end.is_some() { Admits::Nothing } else { Admits::Head(head) });
                end.unwrap_or(bytes.len())
            }
            Admits::Body(body) => {
                let (admitted, body) = body.scan(bytes);
                self.admits.set(body.map_or(Admits::Nothing, Admits::Body));
                admitted
            }
            Admits::Nothing => 0,
        }
    }

    /// Wakes the reader's task when the gate admits other bytes, if nothing else would wake it then.
    pub(super) fn wake_on_change(&self, cx: &Context<'_>, is_needed: bool) {
        self.is_wake_needed.set(is_needed);
        let mut reader = self.reader.borrow_mut();
        if !reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            *reader = Some(cx.waker().clone());
        }
    }

    fn wake_if_needed(&self) {
        if self.is_wake_needed.get() {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.wake_by_ref();
        }
    }

    fn request_started(&self, body: BodyLength) {
        self.state.set(ConnectionState::Serving);
        if let Some(body) = BodyScanner::new(body) {
            self.admits.set(Admits::Body(body));
            self.wake_if_needed();
        }
    }

    /// If part of the request's body did not come, the connection ends.
    fn request_finished(self: &Rc<Self>) {
        let connection: Rc<dyn CloseIdle> = Rc::<Self>::clone(self);
        let since = self.worker.add_idle(connection);
        self.state.set(ConnectionState::Idle { since, deadline: Instant::now() + self.idle_timeout });
        if self.admits.get() == Admits::Nothing {
            self.admits.set(Admits::Head(HeadScanner::default()));
        }
        self.wake_if_needed();
    }

    fn end_idle(&self) {
        if let ConnectionState::Idle { since, .. } = self.state.get() {
            self.worker.remove_idle(since);
        }
    }

    pub(super) fn connection_closed(&self) {
        self.end_idle();
        self.worker.closed();
    }
}

impl CloseIdle for RequestGate {
    fn close_idle(&self, since: IdleSince) {
        self.state.set(ConnectionState::Idle { since, deadline: Instant::now() });
        self.wake();
    }
}

/// A request is being served as long as this lives.
pub(crate) struct ActiveRequest(Option<Rc<RequestGate>>);

impl ActiveRequest {
    pub(crate) fn start(request: &Request) -> Self {
        let gate = request.conn_data::<Rc<RequestGate>>();
        if let Some(gate) = gate {
            gate.request_started(BodyLength::declared(request));
        }
        Self(gate.cloned())
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        if let Some(gate) = &self.0 {
            gate.request_finished();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    fn gate() -> Rc<RequestGate> {
        let worker = Rc::new(WorkerConnections::new(8, || ()));
        Rc::new(RequestGate::new(worker, Duration::from_secs(5), Duration::from_secs(75)))
    }

    #[test]
    fn a_connection_waits_for_heads_and_is_idle_between_them() {
        let gate = gate();
        assert!(
            matches!(gate.state(), ConnectionState::ReadingHead { .. }),
            "the first head is waited for from the start"
        );

        assert_eq!(gate.admit(HEAD), HEAD.len());
        gate.request_started(BodyLength::Empty);
        assert_eq!(gate.state(), ConnectionState::Serving);
        gate.request_finished();
        assert!(matches!(gate.state(), ConnectionState::Idle { .. }));

        gate.admit(b"G");
        let begun = gate.state();
        assert!(matches!(begun, ConnectionState::ReadingHead { .. }));
        gate.admit(b"E");
        assert_eq!(gate.state(), begun, "another byte gives no more time");
    }

    #[test]
    fn what_was_sent_ahead_stays_outside_until_the_response() {
        let gate = gate();
        let ahead = [HEAD, HEAD].concat();

        assert_eq!(gate.admit(&ahead), HEAD.len());
        assert_eq!(gate.admit(HEAD), 0);
        gate.request_started(BodyLength::Bytes(3));
        assert_eq!(gate.admit(b"abcGET"), 3);
        assert_eq!(gate.admit(HEAD), 0);
        gate.request_finished();
        assert_eq!(gate.admit(&ahead), HEAD.len());
    }

    #[test]
    fn the_rest_of_a_body_is_never_taken_for_a_head() {
        let gate = gate();
        gate.admit(HEAD);
        gate.request_started(BodyLength::Bytes(100));
        gate.request_finished();

        assert_eq!(gate.admit(HEAD), HEAD.len());
        assert!(matches!(gate.admits(), Admits::Body(_)));
    }
}
