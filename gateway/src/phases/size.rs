//! Phase 7, size: what a client sends as a body is taken up to a size and for a time.
//!
//! Nothing is read before it is known that the request may be served, so that strangers cannot fill our memory. A body
//! that was not wanted is read away before the answer, since a connection with unread bytes must be closed, and a
//! client that is still sending would see the break and not the answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use booked_server::MAX_BODY_BYTES;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::refusal::Refusal;

/// Up to here a body that is not wanted is read away; who sends more may see a closed connection.
const UNWANTED_BYTES_MAX: usize = 8 << 20;
/// How long a client may pause while a body that is not wanted is read away.
const UNWANTED_PAUSE_MAX: Duration = Duration::from_secs(1);

/// A request's body, not read yet.
pub(crate) struct RequestBody {
    payload: Payload,
    left: Left,
    read_bytes: usize,
    deadline: Instant,
}

/// What is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Bytes(u64),
    UntilItEnds,
}

enum Broken {
    TooSlow,
    Off,
}

impl RequestBody {
    /// The client has `timeout` from now to send all of it.
    pub(crate) fn new(request: &HttpRequest, payload: Payload, timeout: Duration) -> Self {
        Self { payload, left: announced(request), read_bytes: 0, deadline: Instant::now() + timeout }
    }

    /// Reads all of it.
    pub(crate) async fn read(&mut self) -> Result<Bytes, Refusal> {
        if matches!(self.left, Left::Bytes(bytes) if bytes > limit()) {
            return Err(Refusal::BodyTooLarge);
        }
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next(self.deadline).await? {
            if self.read_bytes > MAX_BODY_BYTES {
                return Err(Refusal::BodyTooLarge);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Reads away what was not read. What even then is left closes the connection behind the answer.
    pub(crate) async fn read_away(mut self, response: HttpResponse) -> HttpResponse {
        while self.left != Left::Nothing && self.read_bytes <= UNWANTED_BYTES_MAX {
            let pause_end = Instant::now() + UNWANTED_PAUSE_MAX;
            if self.next(pause_end.min(self.deadline)).await.is_err() {
                break;
            }
        }
        if self.left == Left::Nothing {
            return response;
        }
        response.map_body(|_, body| BoxBody::new(BeforeUnread { body, _payload: self.payload }))
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, Broken> {
        if self.left == Left::Nothing {
            return Ok(None);
        }
        match timeout_at(deadline, self.payload.next()).await {
            Err(_) => Err(Broken::TooSlow),
            Ok(Some(Ok(chunk))) => {
                self.read_bytes += chunk.len();
                self.left = self.left.after(chunk.len());
                Ok(Some(chunk))
            }
            Ok(Some(Err(_))) => {
                self.left = Left::Nothing;
                Err(Broken::Off)
            }
            Ok(None) => {
                self.left = Left::Nothing;
                Ok(None)
            }
        }
    }
}

impl Left {
    fn after(self, bytes: usize) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::UntilItEnds => Self::UntilItEnds,
            Self::Bytes(left) => match left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX)) {
                0 => Self::Nothing,
                left => Self::Bytes(left),
            },
        }
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::TooSlow => Self::BodyTooSlow,
            Broken::Off => Self::BodyBroken,
        }
    }
}

/// What the head says of the body. It is not left to the payload's own end: behind `Upgrade: websocket` that never comes.
fn announced(request: &HttpRequest) -> Left {
    if request.chunked().unwrap_or(false) {
        return Left::UntilItEnds;
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.and_then(|length| length.trim().parse().ok()) {
        None | Some(0) => Left::Nothing,
        Some(bytes) => Left::Bytes(bytes),
    }
}

fn limit() -> u64 {
    u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX)
}

/// An answer's body that keeps the request's unread one: as long as somebody holds it, the server means to close the
/// connection behind the answer; once dropped, it would read on without end.
struct BeforeUnread {
    body: BoxBody,
    _payload: Payload,
}

impl MessageBody for BeforeUnread {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
