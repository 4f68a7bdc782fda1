//! Phase 8, size: what a client sends as a body is taken up to its route's size and for a time.
//!
//! Nothing is kept before it is known that the request may be served, nor more than there is room for, so that strangers
//! cannot fill our memory. A body that was not wanted is read away before the answer, since a connection with unread bytes
//! must be closed, and a client that is still sending would see the break and not the answer.

use std::time::Duration;

use actix_http::Request;
use actix_web::{
    dev::Payload,
    web::{Bytes, BytesMut},
};
use booked_server::MAX_BODY_BYTES;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::{
    body_budget::BodyShare,
    front::BodyLength,
    refusal::Refusal,
    routes::{Route, Who},
};

/// Up to here a body that is not wanted is read away; who sends more may see a closed connection.
const UNWANTED_BYTES_MAX: usize = 8 << 20;
/// How long a client may pause while a body that is not wanted is read away.
const UNWANTED_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Longest time that somebody without a token takes for a body, however long others may.
const STRANGERS_TIMEOUT: Duration = Duration::from_secs(5);

/// A request's body, not read yet.
pub(crate) struct RequestBody {
    payload: Payload,
    left: BodyLength,
    read_bytes: usize,
    deadline: Instant,
}

enum Broken {
    TooSlow,
    Off,
}

impl RequestBody {
    /// The client has some time from now to send all of it.
    pub(crate) fn new(request: &Request, payload: Payload, who: Who, timeout: Duration) -> Self {
        let timeout = match who {
            Who::Anyone => timeout.min(STRANGERS_TIMEOUT),
            Who::Users | Who::Admins => timeout,
        };
        Self {
            payload,
            left: BodyLength::declared(request),
            read_bytes: 0,
            deadline: Instant::now() + timeout,
        }
    }

    /// Reads all of it, into the request's share of what may be held. What the route does not use is not kept.
    pub(crate) async fn read(&mut self, route: &Route, share: &mut BodyShare<'_>) -> Result<Bytes, Refusal> {
        let most = bytes_max(route);
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next(self.deadline).await? {
            if self.read_bytes > most {
                return Err(Refusal::BodyTooLarge);
            }
            if route.body_bytes_max > 0 {
                share.take(chunk.len()).map_err(|_| Refusal::NoRoom)?;
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(whole.freeze())
    }

    /// Reads away what was not read. Whether all is read then: else the connection must be closed behind the answer.
    pub(crate) async fn read_away(&mut self) -> bool {
        while self.left != BodyLength::Empty && self.read_bytes <= UNWANTED_BYTES_MAX {
            let pause_end = Instant::now() + UNWANTED_PAUSE_MAX;
            if self.next(pause_end.min(self.deadline)).await.is_err() {
                break;
            }
        }
        self.left == BodyLength::Empty
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, Broken> {
        if self.left == BodyLength::Empty {
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
                self.left = BodyLength::Empty;
                Err(Broken::Off)
            }
            Ok(None) => {
                self.left = BodyLength::Empty;
                Ok(None)
            }
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

/// Refuses a body that is announced as larger than its route's may be.
pub(crate) fn check_announced(request: &Request, route: &Route) -> Result<(), Refusal> {
    match BodyLength::declared(request) {
        BodyLength::Bytes(bytes) if usize::try_from(bytes).is_ok_and(|bytes| bytes <= bytes_max(route)) => {
            Ok(())
        }
        BodyLength::Bytes(_) => Err(Refusal::BodyTooLarge),
        BodyLength::Empty | BodyLength::Chunked => Ok(()),
    }
}

/// Where no body is used, one is let pass that any route might take.
fn bytes_max(route: &Route) -> usize {
    match route.body_bytes_max {
        0 => MAX_BODY_BYTES,
        bytes => bytes,
    }
}
