//! The connections to one replica: so many at most, kept while idle, made anew where there is none.

use std::{cell::RefCell, collections::VecDeque, iter, rc::Rc, sync::Arc, time::Duration};

use booked_server::Endpoint;
use tokio::time::{Instant, timeout_at};

use super::{
    Failure,
    connection::{Connection, Link},
    connections::ToReplica,
    turns::{Turn, Turns},
};
use crate::{config::ServiceSettings, routes::Priority};

/// Well below the 90 seconds after which a service closes an idle connection: no request is to meet a close half-way.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// A name may stand for more replicas than before: connections are made anew now and then, so that those get a share.
const AGE_MAX: Duration = Duration::from_secs(120);

pub(super) struct Pool {
    endpoint: Endpoint,
    connect_timeout: Duration,
    connections: Arc<ToReplica>,
    /// One a connection in use.
    turns: Rc<Turns>,
    /// The one that was used last is used next, so that the others may grow old.
    idle: RefCell<VecDeque<Link>>,
}

impl Pool {
    pub(super) fn new(endpoint: Endpoint, settings: &ServiceSettings, connections: Arc<ToReplica>) -> Self {
        let turns = Turns::new(settings.connections_max, settings.timeout, Arc::clone(&connections));
        Self {
            endpoint,
            connections,
            connect_timeout: settings.connect_timeout,
            turns: Rc::new(turns),
            idle: RefCell::default(),
        }
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// A connection that is ready for a request. Until this returns nothing is sent.
    pub(super) async fn get(
        self: &Rc<Self>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Connection, Failure> {
        let turn = self.turns.get(priority, deadline).await.map_err(Failure::Busy)?;
        while let Some(mut link) = self.last_used() {
            if let Ok(true) = timeout_at(deadline, link.is_ready()).await {
                return Ok(self.use_of(link, turn));
            }
        }
        let connecting = Link::open(&self.endpoint, &self.connections);
        let connected = timeout_at(deadline.min(Instant::now() + self.connect_timeout), connecting).await;
        let link = connected
            .map_err(|_| Failure::NotConnected)?
            .map_err(|error| Failure::NotSent(format!("no connection: {error}")))?;
        Ok(self.use_of(link, turn))
    }

    fn use_of(self: &Rc<Self>, link: Link, turn: Turn) -> Connection {
        Connection::new(link, Rc::clone(self), (turn, self.connections.in_use()))
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, mut link: Link) {
        let mut idle = self.idle.borrow_mut();
        link.used_last = Some(Instant::now());
        while idle.front().is_some_and(Self::is_old) {
            idle.pop_front();
        }
        idle.push_back(link);
    }

    fn last_used(&self) -> Option<Link> {
        let mut idle = self.idle.borrow_mut();
        iter::from_fn(|| idle.pop_back()).find(|link| !Self::is_old(link))
    }

    fn is_old(link: &Link) -> bool {
        link.opened.elapsed() > AGE_MAX || link.used_last.is_some_and(|used| used.elapsed() > IDLE_MAX)
    }
}
