//! A client's connection as the server reads and writes it. The server is given one request at a time, and the connection
//! ends when the client takes too long.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{rt::net::TcpStream, web::Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::{
    client_connections::ConnectionPermit,
    request_gate::{Admits, ConnectionState, RequestGate},
    worker_connections::WorkerConnections,
};
use crate::config::ClientSettings;

/// How much is read at once at most, and so how much of later requests a connection keeps at most.
const READ_BYTES: usize = 8 << 10;
/// Written here when a head takes too long, since the server does not know of it.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    head: Duration,
    idle: Duration,
    write: Duration,
}

impl Timeouts {
    pub(super) fn new(settings: &ClientSettings) -> Self {
        Self { head: settings.head_timeout, idle: settings.idle_timeout, write: settings.write_timeout }
    }
}

pub(super) struct ClientStream {
    io: TcpStream,
    gate: Rc<RequestGate>,
    /// What was read and the server may not have yet.
    read_ahead: Bytes,
    /// It fires no later than the client's deadline, and is reset as seldom as that allows.
    timer: Pin<Box<Sleep>>,
    is_timed_out: bool,
    /// Part of a response waits to be written.
    is_write_blocked: bool,
    permit: ConnectionPermit,
}

impl ClientStream {
    pub(super) fn new(
        io: TcpStream,
        permit: ConnectionPermit,
        worker: Rc<WorkerConnections>,
        timeouts: Timeouts,
    ) -> io::Result<Self> {
        io.set_nodelay(true)?;
        set_write_timeout(&io, timeouts.write);
        worker.opened();
        let gate = Rc::new(RequestGate::new(worker, timeouts.head, timeouts.idle));
        let timer = Box::pin(sleep(timeouts.head));
        Ok(Self {
            io,
            gate,
            read_ahead: Bytes::new(),
            timer,
            is_timed_out: false,
            is_write_blocked: false,
            permit,
        })
    }

    pub(super) fn gate(&self) -> Rc<RequestGate> {
        Rc::clone(&self.gate)
    }

    /// Ready when the client's deadline has passed. Until then the timer is set, and wakes the connection's task.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let (deadline, is_head) = match self.gate.state() {
                ConnectionState::ReadingHead { deadline } => (Some(deadline), true),
                ConnectionState::Idle { deadline, .. } => (Some(deadline), false),
                ConnectionState::Serving => (None, false),
            };
            if let Some(deadline) = deadline
                && deadline < self.timer.deadline()
            {
                self.timer.as_mut().reset(deadline);
            }
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            match deadline {
                Some(deadline) if deadline <= now => {
                    self.time_out(is_head);
                    return Poll::Ready(());
                }
                Some(deadline) => self.timer.as_mut().reset(deadline),
                // This may not be polled when the request has been served, so the timer has to fire soon after that.
                None => self.timer.as_mut().reset(now + self.gate.head_timeout()),
            }
        }
    }

    /// Whether the server may have more now. No head while a response waits to be written: a client that does not read its
    /// responses would be owed ever more of them.
    fn is_readable(&self) -> bool {
        match self.gate.admits() {
            Admits::Head(_) => !self.is_write_blocked,
            Admits::Body(_) => true,
            Admits::Nothing => false,
        }
    }

    /// Gives the server what it may have of what was read ahead.
    fn take_read_ahead(&mut self, buffer: &mut ReadBuf<'_>) {
        let room = buffer.remaining().min(self.read_ahead.len());
        let admitted = self.gate.admit(self.read_ahead.get(..room).unwrap_or_default());
        buffer.put_slice(&self.read_ahead.split_to(admitted));
        if self.read_ahead.is_empty() {
            self.read_ahead = Bytes::new();
        }
    }

    /// Reads, gives the server what it may have, and keeps the rest.
    fn poll_read_more(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut read = ReadBuf::new(buffer.initialize_unfilled_to(buffer.remaining().min(READ_BYTES)));
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
        let bytes = read.filled();
        let admitted = self.gate.admit(bytes);
        if let Some(ahead) = bytes.get(admitted..).filter(|ahead| !ahead.is_empty()) {
            self.read_ahead = Bytes::copy_from_slice(ahead);
        }
        buffer.advance(admitted);
        Poll::Ready(Ok(()))
    }

    fn time_out(&mut self, is_head: bool) {
        self.is_timed_out = true;
        if is_head {
            self.permit.count_slow_head();
            // Only between responses; a client that does not read at all misses it.
            if !self.is_write_blocked {
                let _ = self.io.try_write(REQUEST_TIMEOUT);
            }
        }
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        self.gate.connection_closed();
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // To the server it looks as if the client had closed: it still writes what it has to write.
        if self.is_timed_out {
            return Poll::Ready(Ok(()));
        }
        if self.is_readable() {
            if !self.read_ahead.is_empty() {
                self.take_read_ahead(buffer);
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(read) = self.poll_read_more(cx, buffer) {
                return Poll::Ready(read);
            }
        }
        // Bytes that come from now on wake the task; those that have come already do not.
        let has_input = !self.read_ahead.is_empty() || self.io.poll_read_ready(cx).is_ready();
        self.gate.wake_on_change(cx, has_input);
        self.poll_timeout(cx).map(Ok)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        // Nothing else makes the server read on.
        if std::mem::replace(&mut self.is_write_blocked, written.is_pending()) && written.is_ready() {
            cx.waker().wake_by_ref();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A client that does not read its response keeps it in our memory; the server itself would wait without end.
fn set_write_timeout(io: &TcpStream, timeout: Duration) {
    let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(io, timeout_ms) {
        tracing::debug!(%error, "a connection has no write timeout");
    }
}
