//! Phase 9, body: what a client sends as a body is read, up to its route's size and timeout.
//!
//! Nothing is kept before it is known that the request may be served, nor more than there is memory for, so that anonymous
//! clients cannot fill our memory. A body that is not used is drained before the response: a connection with unread bytes
//! must be closed, and a client that is still sending would see a reset and not the response.

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
    body_budget::BodyReservation,
    front::BodyLength,
    rejection::Rejection,
    routes::{Access, Route},
};

/// A body that is not used is drained up to here; a client that sends more may see a closed connection.
const DRAINED_BYTES_MAX: usize = 8 << 20;
/// How long a client may pause while its body is drained.
const DRAIN_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long a client without a token may take for a body, however long others may.
const ANONYMOUS_TIMEOUT: Duration = Duration::from_secs(5);

/// A request's body, not read yet.
pub(crate) struct RequestBody {
    payload: Payload,
    left: BodyLength,
    read_bytes: usize,
    deadline: Instant,
}

enum BodyError {
    TimedOut,
    Malformed,
}

impl RequestBody {
    /// The client's timeout for the whole body starts now.
    pub(crate) fn new(request: &Request, payload: Payload, access: Access, timeout: Duration) -> Self {
        let timeout = match access {
            Access::Anyone => timeout.min(ANONYMOUS_TIMEOUT),
            Access::Users | Access::Admins => timeout,
        };
        Self {
            payload,
            left: BodyLength::declared(request),
            read_bytes: 0,
            deadline: Instant::now() + timeout,
        }
    }

    /// Reads the whole body into the request's reservation. A body that the route does not use is not kept.
    pub(crate) async fn read(
        &mut self,
        route: &Route,
        reservation: &mut BodyReservation<'_>,
    ) -> Result<Bytes, Rejection> {
        let bytes_max = bytes_max(route);
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next(self.deadline).await? {
            if self.read_bytes > bytes_max {
                return Err(Rejection::BodyTooLarge);
            }
            if route.body_bytes_max > 0 {
                reservation.grow(chunk.len()).map_err(|_| Rejection::BodyBudgetExceeded)?;
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(whole.freeze())
    }

    /// Drains what has not been read. Whether the whole body is read then: if not, the connection must be closed after the
    /// response.
    pub(crate) async fn drain(&mut self) -> bool {
        while self.left != BodyLength::Empty && self.read_bytes <= DRAINED_BYTES_MAX {
            let pause_end = Instant::now() + DRAIN_PAUSE_MAX;
            if self.next(pause_end.min(self.deadline)).await.is_err() {
                break;
            }
        }
        self.left == BodyLength::Empty
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, BodyError> {
        if self.left == BodyLength::Empty {
            return Ok(None);
        }
        match timeout_at(deadline, self.payload.next()).await {
            Err(_) => Err(BodyError::TimedOut),
            Ok(Some(Ok(chunk))) => {
                self.read_bytes += chunk.len();
                self.left = self.left.after(chunk.len());
                Ok(Some(chunk))
            }
            Ok(Some(Err(_))) => {
                self.left = BodyLength::Empty;
                Err(BodyError::Malformed)
            }
            Ok(None) => {
                self.left = BodyLength::Empty;
                Ok(None)
            }
        }
    }
}

impl From<BodyError> for Rejection {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TimedOut => Self::BodyTimedOut,
            BodyError::Malformed => Self::BodyMalformed,
        }
    }
}

/// Rejects a body that is declared as larger than its route allows.
pub(crate) fn check_declared_length(request: &Request, route: &Route) -> Result<(), Rejection> {
    match BodyLength::declared(request) {
        BodyLength::Bytes(bytes) if usize::try_from(bytes).is_ok_and(|bytes| bytes <= bytes_max(route)) => {
            Ok(())
        }
        BodyLength::Bytes(_) => Err(Rejection::BodyTooLarge),
        BodyLength::Empty | BodyLength::Chunked => Ok(()),
    }
}

/// A route that uses no body lets one pass that any route might use.
fn bytes_max(route: &Route) -> usize {
    match route.body_bytes_max {
        0 => MAX_BODY_BYTES,
        bytes => bytes,
    }
}
