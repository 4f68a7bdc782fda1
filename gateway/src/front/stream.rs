//! A client's connection as the server reads and writes it: it ends by itself when the client does not take its turn.

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
    clients::Place,
    crowd::Crowd,
    turns::{Next, Phase, Turns},
};
use crate::config::ClientSettings;

/// The most that is read at a time, and so the most of later requests that a connection keeps.
const READ_BYTES: usize = 8 << 10;
/// Written where a head takes too long, since the server knows nothing of it.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The times that a client has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    head_timeout: Duration,
    idle: Duration,
    stall: Duration,
}

impl Limits {
    pub(super) fn of(settings: &ClientSettings) -> Self {
        Self { head_timeout: settings.head_timeout, idle: settings.idle, stall: settings.stall }
    }
}

pub(super) struct ClientStream {
    io: TcpStream,
    turns: Rc<Turns>,
    /// What came and is not for the server yet.
    ahead: Bytes,
    /// It goes off no later than the client's time is over, and is set anew as seldom as that allows.
    alarm: Pin<Box<Sleep>>,
    is_over: bool,
    /// Some of an answer waits to be written.
    is_blocked: bool,
    place: Place,
}

impl ClientStream {
    pub(super) fn new(io: TcpStream, place: Place, crowd: Rc<Crowd>, limits: Limits) -> io::Result<Self> {
        io.set_nodelay(true)?;
        end_when_stalled(&io, limits.stall);
        crowd.enter();
        let turns = Rc::new(Turns::new(crowd, limits.head_timeout, limits.idle));
        let alarm = Box::pin(sleep(limits.head_timeout));
        Ok(Self { io, turns, ahead: Bytes::new(), alarm, is_over: false, is_blocked: false, place })
    }

    pub(super) fn turns(&self) -> Rc<Turns> {
        Rc::clone(&self.turns)
    }

    /// Ready when the client's time is over. Until then the alarm is set, and wakes the connection's task.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let (until, is_head) = match self.turns.phase() {
                Phase::Head { until } => (Some(until), true),
                Phase::Idle { until, .. } => (Some(until), false),
                Phase::Serving => (None, false),
            };
            if let Some(until) = until
                && until < self.alarm.deadline()
            {
                self.alarm.as_mut().reset(until);
            }
            ready!(self.alarm.as_mut().poll(cx));
            let now = Instant::now();
            match until {
                Some(until) if until <= now => {
                    self.end(is_head);
                    return Poll::Ready(());
                }
                Some(until) => self.alarm.as_mut().reset(until),
                // Nobody may look here when the answer is given, so somebody looks soon after.
                None => self.alarm.as_mut().reset(now + self.turns.head_timeout()),
            }
        }
    }

    /// Whether the server may have more now. No head while an answer waits to be written: who does not take answers would
    /// be owed ever more of them.
    fn is_readable(&self) -> bool {
        match self.turns.next() {
            Next::Head(_) => !self.is_blocked,
            Next::Body(_) => true,
            Next::Nothing => false,
        }
    }

    /// Hands the server what it may have of what came before.
    fn hand_ahead(&mut self, buffer: &mut ReadBuf<'_>) {
        let room = buffer.remaining().min(self.ahead.len());
        let handed = self.turns.hand(self.ahead.get(..room).unwrap_or_default());
        buffer.put_slice(&self.ahead.split_to(handed));
        if self.ahead.is_empty() {
            self.ahead = Bytes::new();
        }
    }

    /// Reads, hands the server what it may have, and keeps the rest.
    fn poll_more(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut read = ReadBuf::new(buffer.initialize_unfilled_to(buffer.remaining().min(READ_BYTES)));
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
        let bytes = read.filled();
        let handed = self.turns.hand(bytes);
        if let Some(ahead) = bytes.get(handed..).filter(|ahead| !ahead.is_empty()) {
            self.ahead = Bytes::copy_from_slice(ahead);
        }
        buffer.advance(handed);
        Poll::Ready(Ok(()))
    }

    fn end(&mut self, is_head: bool) {
        self.is_over = true;
        if is_head {
            self.place.note_slow_head();
            // Between answers alone; and a client that takes nothing misses it.
            if !self.is_blocked {
                let _ = self.io.try_write(TOO_SLOW);
            }
        }
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        self.turns.left();
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // To the server it is as if the client had closed: what it still writes is written.
        if self.is_over {
            return Poll::Ready(Ok(()));
        }
        if self.is_readable() {
            if !self.ahead.is_empty() {
                self.hand_ahead(buffer);
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(read) = self.poll_more(cx, buffer) {
                return Poll::Ready(read);
            }
        }
        // What comes meanwhile wakes the task, unless it has come already.
        let has_come = !self.ahead.is_empty() || self.io.poll_read_ready(cx).is_ready();
        self.turns.wake_when_changed(cx, has_come);
        self.poll_over(cx).map(Ok)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        // Nothing else makes the server read on.
        if std::mem::replace(&mut self.is_blocked, written.is_pending()) && written.is_ready() {
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

/// A client that does not read its answer holds it in our memory; the server itself would wait without end.
fn end_when_stalled(io: &TcpStream, stall: Duration) {
    let stall_ms = u32::try_from(stall.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(io, stall_ms) {
        tracing::debug!(%error, "a connection has no limit for stalling");
    }
}
