//! One replica of a service, and whose turn it is.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use booked_server::Endpoint;
use http::{HeaderValue, header};
use tokio::time::{Instant, timeout_at};

use super::{
    Call, Failure,
    answer::{self, Answer},
    connection::{Connection, Outcome},
    connections::ToReplica,
    health::Health,
    pool::Pool,
    running_on::RunningOn,
};
use crate::config::ServiceSettings;

/// A service knows how long it is waited for. So long after that it has surely given up as well: what it began in the last
/// moment has time-outs of its own.
const OVERTIME: Duration = Duration::from_secs(1);
/// How long a probe waits for an answer.
const PROBE_MAX: Duration = Duration::from_secs(1);

pub(super) struct Replica {
    pool: Rc<Pool>,
    host: HeaderValue,
    health: Rc<Health>,
}

/// What came of sending a call over one connection.
enum Sent {
    Answered(Answer),
    /// It broke before anything of the call was written.
    Not(String),
}

impl Replica {
    pub(super) fn new(endpoint: &Endpoint, settings: &ServiceSettings, connections: Arc<ToReplica>) -> Self {
        let host = HeaderValue::try_from(endpoint.authority());
        Self {
            pool: Rc::new(Pool::new(endpoint.clone(), settings, connections)),
            host: host.unwrap_or_else(|_| HeaderValue::from_static("service")),
            health: Rc::new(Health::new()),
        }
    }

    /// Sends a call and reads the answer. A connection of the pool may turn out to be closed when it is used; then
    /// nothing was sent, and it is tried with the next one, at last with a new one.
    pub(super) async fn exchange(self: &Rc<Self>, call: &Call, deadline: Instant) -> Result<Answer, Failure> {
        let began = Instant::now();
        let answer = self.try_connections(call, deadline).await;
        match &answer {
            Ok(_) | Err(Failure::Busy(_)) => {}
            Err(Failure::TimedOut | Failure::NotConnected) => self.health.silent(began, Instant::now()),
            Err(Failure::NotSent(_) | Failure::Lost(_)) => self.health.rest(Instant::now()),
        }
        answer
    }

    async fn try_connections(self: &Rc<Self>, call: &Call, deadline: Instant) -> Result<Answer, Failure> {
        loop {
            let connection = self.pool.get(call.priority, deadline).await?;
            let used_before = connection.is_used();
            let request = call.request(&self.host, deadline);
            let work = Rc::clone(self).send(connection, request);
            let sent = timeout_at(deadline, RunningOn::new(work, deadline + OVERTIME)).await;
            match sent.map_err(|_| self.late())?? {
                Sent::Answered(answer) => return Ok(answer),
                Sent::Not(_) if used_before => {}
                Sent::Not(error) => return Err(Failure::NotSent(error)),
            }
        }
    }

    fn late(&self) -> Failure {
        self.pool.turns().timed_out();
        Failure::TimedOut
    }

    async fn send(
        self: Rc<Self>,
        mut connection: Connection,
        request: http::Request<http_body_util::Full<bytes::Bytes>>,
    ) -> Result<Sent, Failure> {
        let began = Instant::now();
        let response = match connection.send(request).await {
            Outcome::Answered(response) => response,
            Outcome::NotSent(error) => return Ok(Sent::Not(error)),
            Outcome::Lost(error) => return Err(Failure::Lost(error)),
        };
        self.health.heard(Instant::now());
        // It says that it ends: a connection that it takes now may be closed under the request.
        if response.headers().get(header::CONNECTION).is_some_and(|value| value == "close") {
            self.health.rest(Instant::now());
        }
        let answer = answer::read(response, connection).await?;
        self.pool.turns().answered(began.elapsed());
        Ok(Sent::Answered(answer))
    }

    /// Asks one that was left out for a while whether it is there again: not with a client's call, which would be lost.
    fn probe_when_due(self: &Rc<Self>, like: &Call) {
        if !self.health.is_to_be_probed(Instant::now()) {
            return;
        }
        let (replica, probe) = (Rc::clone(self), like.probe());
        actix_web::rt::spawn(async move {
            if replica.try_connections(&probe, Instant::now() + PROBE_MAX).await.is_err() {
                replica.health.silent_still(Instant::now());
            }
        });
    }

    /// Lower is better.
    fn rank(&self, now: Instant) -> ((bool, bool), bool) {
        (self.health.rank(now), self.pool.turns().are_taken())
    }
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turn(Cell<usize>);

impl Turn {
    /// All replicas in the order in which this call is to ask them: round robin, behind the others those that have no
    /// connection left, failed a moment ago, or say nothing.
    pub(super) fn next<'r>(&self, replicas: &'r [Rc<Replica>], call: &Call) -> Vec<&'r Rc<Replica>> {
        let first = self.0.get();
        self.0.set(first.wrapping_add(1));
        if let [only] = replicas {
            return vec![only];
        }
        let (late, early) = replicas.split_at(first.checked_rem(replicas.len()).unwrap_or(0));
        replicas.iter().for_each(|replica| replica.probe_when_due(call));
        let mut order: Vec<&Rc<Replica>> = early.iter().chain(late).collect();
        let now = Instant::now();
        order.sort_by_key(|replica| replica.rank(now));
        order
    }
}
