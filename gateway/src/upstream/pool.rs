//! The connections to one replica, by hyper: a bounded number, kept while they are idle, opened when none is idle.

use std::{cell::RefCell, collections::VecDeque, iter, rc::Rc, sync::Arc, time::Duration};

use booked_server::Endpoint;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{
    connection_gauges::{ConnectionCounts, CountGuard},
    error::CallError,
    slots::{Slot, Slots},
};
use crate::{config::ServiceSettings, routes::Priority};

/// Well below the 90 seconds after which a service closes an idle connection, so that no request meets a connection that is
/// just being closed.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// A host name may resolve to more replicas than before: connections are replaced after this time, so that new replicas get
/// their share.
const AGE_MAX: Duration = Duration::from_secs(120);

pub(super) struct Pool {
    endpoint: Endpoint,
    connect_timeout: Duration,
    counts: Arc<ConnectionCounts>,
    /// Each connection in use has one.
    slots: Rc<Slots>,
    /// The one that was used last is used next, so that the others can expire.
    idle: RefCell<VecDeque<IdleConnection>>,
}

impl Pool {
    pub(super) fn new(endpoint: Endpoint, settings: &ServiceSettings, counts: Arc<ConnectionCounts>) -> Self {
        let slots = Slots::new(settings.connections_max, settings.timeout, Arc::clone(&counts));
        Self {
            endpoint,
            counts,
            connect_timeout: settings.connect_timeout,
            slots: Rc::new(slots),
            idle: RefCell::default(),
        }
    }

    pub(super) fn slots(&self) -> &Slots {
        &self.slots
    }

    /// A connection that is ready for a request. Nothing is sent before this returns.
    pub(super) async fn acquire(
        self: &Rc<Self>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Connection, CallError> {
        let slot = self.slots.acquire(priority, deadline).await.map_err(CallError::Overloaded)?;
        while let Some(mut idle) = self.pop_idle() {
            if let Ok(true) = timeout_at(deadline, idle.is_ready()).await {
                return Ok(self.put_to_use(idle, slot));
            }
        }
        let connecting = IdleConnection::open(&self.endpoint, &self.counts);
        let connected = timeout_at(deadline.min(Instant::now() + self.connect_timeout), connecting).await;
        let opened = connected
            .map_err(|_| CallError::ConnectTimedOut)?
            .map_err(|error| CallError::NotSent(format!("no connection: {error}")))?;
        Ok(self.put_to_use(opened, slot))
    }

    fn put_to_use(self: &Rc<Self>, connection: IdleConnection, slot: Slot) -> Connection {
        Connection { connection, pool: Rc::clone(self), _in_use: (slot, self.counts.count_in_use()) }
    }

    /// Keeps a connection for the next request.
    fn push_idle(&self, mut connection: IdleConnection) {
        let mut idle = self.idle.borrow_mut();
        connection.last_used = Some(Instant::now());
        while idle.front().is_some_and(IdleConnection::is_expired) {
            idle.pop_front();
        }
        idle.push_back(connection);
    }

    fn pop_idle(&self) -> Option<IdleConnection> {
        let mut idle = self.idle.borrow_mut();
        iter::from_fn(|| idle.pop_back()).find(|connection| !connection.is_expired())
    }
}

/// A connection that nobody uses.
struct IdleConnection {
    sender: SendRequest<Full<Bytes>>,
    opened: Instant,
    /// None before its first request is answered.
    last_used: Option<Instant>,
    _open: CountGuard,
}

impl IdleConnection {
    /// Connects; a host name is resolved each time.
    async fn open(endpoint: &Endpoint, counts: &Arc<ConnectionCounts>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends when its sender is dropped or the service closes it, and its errors reach the sender.
        actix_web::rt::spawn(async { connection.await.ok() });
        Ok(Self { sender, opened: Instant::now(), last_used: None, _open: counts.count_open() })
    }

    /// Whether it can take a request; false if it was closed.
    async fn is_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    fn is_expired(&self) -> bool {
        self.opened.elapsed() > AGE_MAX || self.last_used.is_some_and(|used| used.elapsed() > IDLE_MAX)
    }
}

/// A connection in use. If it is dropped without [`Self::return_to_pool`], it is closed: what is still to come on it would be
/// taken for the response to another request.
pub(super) struct Connection {
    connection: IdleConnection,
    pool: Rc<Pool>,
    _in_use: (Slot, CountGuard),
}

/// What became of a request.
pub(super) enum SendOutcome {
    /// The head of the response has come.
    Responded(Response<Incoming>),
    /// The connection was closed before any of it was written.
    NotSent(String),
    /// It was written, at least in part.
    Lost(String),
}

impl Connection {
    /// Whether it has answered a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.connection.last_used.is_some()
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> SendOutcome {
        match self.connection.sender.try_send_request(request).await {
            Ok(response) => SendOutcome::Responded(response),
            // hyper returns the request if it has not begun to write it.
            Err(mut error) => match error.take_message() {
                Some(_) => SendOutcome::NotSent(error.into_error().to_string()),
                None => SendOutcome::Lost(error.into_error().to_string()),
            },
        }
    }

    /// To be called when the response was read to its end.
    pub(super) fn return_to_pool(self) {
        if !self.connection.sender.is_closed() {
            self.pool.push_idle(self.connection);
        }
    }
}
