//! The connections to one replica: a bounded number, kept while they are idle, opened when none is idle.

use std::{cell::RefCell, collections::VecDeque, io, iter, rc::Rc, sync::Arc, time::Duration};

use booked_server::Endpoint;
use tokio::time::{Instant, timeout_at};

use super::{
    connection::ServiceConnection,
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
            if idle.connection.is_idle() {
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
    connection: ServiceConnection,
    opened: Instant,
    /// None before its first request is answered.
    last_used: Option<Instant>,
    _open: CountGuard,
}

impl IdleConnection {
    async fn open(endpoint: &Endpoint, counts: &Arc<ConnectionCounts>) -> io::Result<Self> {
        let connection = ServiceConnection::open(endpoint).await?;
        Ok(Self { connection, opened: Instant::now(), last_used: None, _open: counts.count_open() })
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

impl Connection {
    /// Whether it has answered a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.connection.last_used.is_some()
    }

    pub(super) fn get(&mut self) -> &mut ServiceConnection {
        &mut self.connection.connection
    }

    /// To be called when the response was read to its end.
    pub(super) fn return_to_pool(mut self) {
        if self.get().is_idle() {
            self.pool.push_idle(self.connection);
        }
    }
}
