//! One replica of a service: its connections and its health.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix_http::ConnectionType;
use actix_web::http::header::HeaderValue;
use booked_server::Endpoint;
use tokio::time::{Instant, timeout_at};

use super::{
    call::Call,
    connection::SendError,
    connection_gauges::ConnectionCounts,
    detach_on_drop::DetachOnDrop,
    error::CallError,
    health::Health,
    pool::{Connection, Pool},
    response::{self, UpstreamResponse},
};
use crate::config::ServiceSettings;

/// A service knows when its caller stops waiting. This long after that it has surely given up as well: what it began in the
/// last moment has timeouts of its own.
const OVERTIME: Duration = Duration::from_secs(1);
/// How long a probe waits for a response.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Replica {
    pool: Rc<Pool>,
    host: HeaderValue,
    health: Rc<Health>,
}

/// What came of one attempt to send a call over a connection.
enum Attempt {
    Responded(UpstreamResponse),
    /// The connection broke before any of the call was written.
    NotSent(String),
}

impl Replica {
    pub(super) fn new(
        endpoint: &Endpoint,
        settings: &ServiceSettings,
        counts: Arc<ConnectionCounts>,
    ) -> Self {
        let host = HeaderValue::try_from(endpoint.authority());
        Self {
            pool: Rc::new(Pool::new(endpoint.clone(), settings, counts)),
            host: host.unwrap_or_else(|_| HeaderValue::from_static("service")),
            health: Rc::new(Health::new()),
        }
    }

    /// Sends a call and reads the response. A pooled connection may turn out to be closed when it is used; then nothing was
    /// sent, and the next one is tried, at last a new one.
    pub(super) async fn exchange(
        self: &Rc<Self>,
        call: &Call,
        deadline: Instant,
    ) -> Result<UpstreamResponse, CallError> {
        let began = Instant::now();
        let response = self.try_connections(call, deadline).await;
        match &response {
            Ok(_) | Err(CallError::Overloaded(_)) => {}
            Err(CallError::TimedOut | CallError::ConnectTimedOut) => {
                self.health.timed_out(began, Instant::now());
            }
            Err(CallError::NotSent(_) | CallError::Lost(_)) => self.health.eject(Instant::now()),
        }
        response
    }

    async fn try_connections(
        self: &Rc<Self>,
        call: &Call,
        deadline: Instant,
    ) -> Result<UpstreamResponse, CallError> {
        loop {
            let connection = self.pool.acquire(call.priority, deadline).await?;
            let is_reused = connection.is_reused();
            let request = call.request(&self.host, deadline);
            let work = Rc::clone(self).send(connection, request);
            let attempt = timeout_at(deadline, DetachOnDrop::new(work, deadline + OVERTIME)).await;
            match attempt.map_err(|_| self.timed_out())?? {
                Attempt::Responded(response) => return Ok(response),
                Attempt::NotSent(_) if is_reused => {}
                Attempt::NotSent(error) => return Err(CallError::NotSent(error)),
            }
        }
    }

    fn timed_out(&self) -> CallError {
        self.pool.slots().timed_out();
        CallError::TimedOut
    }

    async fn send(
        self: Rc<Self>,
        mut connection: Connection,
        request: Vec<u8>,
    ) -> Result<Attempt, CallError> {
        let began = Instant::now();
        let head = match connection.get().send(request).await {
            Ok(head) => head,
            Err(SendError::NotSent(error)) => return Ok(Attempt::NotSent(error.to_string())),
            Err(SendError::Lost(error)) => return Err(CallError::Lost(error)),
        };
        self.health.responded(Instant::now());
        // It is shutting down: a connection that it accepts now may be closed under the request.
        if head.connection_type() == ConnectionType::Close {
            self.health.eject(Instant::now());
        }
        let response = response::read(head, connection).await?;
        self.pool.slots().responded(began.elapsed());
        Ok(Attempt::Responded(response))
    }

    /// Checks whether a quarantined replica responds again, with a call of our own: a client's call would be lost.
    pub(super) fn probe_if_due(self: &Rc<Self>, call: &Call) {
        if !self.health.start_probe_if_due(Instant::now()) {
            return;
        }
        let (replica, probe) = (Rc::clone(self), call.probe());
        actix_web::rt::spawn(async move {
            if replica.try_connections(&probe, Instant::now() + PROBE_TIMEOUT).await.is_err() {
                replica.health.probe_failed(Instant::now());
            }
        });
    }

    /// Lower is better.
    pub(super) fn rank(&self, now: Instant) -> ((bool, bool), bool) {
        (self.health.rank(now), self.pool.slots().are_taken())
    }
}
