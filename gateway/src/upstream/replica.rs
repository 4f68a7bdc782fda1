//! One replica of a service, and whose turn it is.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use http::{HeaderValue, header};
use tokio::time::{Instant, timeout_at};

use super::{
    Call, Failure,
    answer::{self, Answer},
    connection::Outcome,
    connections::ToReplica,
    pool::Pool,
};
use crate::config::{ServiceSettings, ServiceUrl};

/// How long a replica that failed is asked only where no other is left: long enough not to run into it with every
/// request, short enough not to be missed when it is back.
const REST: Duration = Duration::from_secs(1);

pub(super) struct Replica {
    pool: Rc<Pool>,
    host: HeaderValue,
    rests_until: Cell<Option<Instant>>,
}

impl Replica {
    pub(super) fn new(url: &ServiceUrl, settings: &ServiceSettings, connections: Arc<ToReplica>) -> Self {
        let host = HeaderValue::try_from(url.authority());
        Self {
            pool: Rc::new(Pool::new(url.clone(), settings, connections)),
            host: host.unwrap_or_else(|_| HeaderValue::from_static("service")),
            rests_until: Cell::new(None),
        }
    }

    /// Asks other replicas first, for a while.
    pub(super) fn rest(&self) {
        self.rests_until.set(Some(Instant::now() + REST));
    }

    /// Sends a call and reads the answer. A connection of the pool may turn out to be closed when it is used; then
    /// nothing was sent, and it is tried with the next one, at last with a new one.
    pub(super) async fn exchange(&self, call: &Call, deadline: Instant) -> Result<Answer, Failure> {
        loop {
            let mut connection = self.pool.get(deadline).await?;
            let used_before = connection.is_used();
            let sent = timeout_at(deadline, connection.send(call.request(&self.host))).await;
            match sent.map_err(|_| Failure::TimedOut)? {
                Outcome::Answered(response) => {
                    // It says that it ends: a connection that it takes now may be closed under the request.
                    if response.headers().get(header::CONNECTION).is_some_and(|value| value == "close") {
                        self.rest();
                    }
                    let answer = timeout_at(deadline, answer::read(response, connection)).await;
                    return answer.map_err(|_| Failure::TimedOut)?;
                }
                Outcome::NotSent(_) if used_before => {}
                Outcome::NotSent(error) => return Err(Failure::NotSent(error)),
                Outcome::Lost(error) => return Err(Failure::Lost(error)),
            }
        }
    }

    /// Lower is better.
    fn rank(&self, now: Instant) -> (bool, bool) {
        let rests = self.rests_until.get().is_some_and(|until| now < until);
        (rests, self.pool.is_full())
    }
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turn(Cell<usize>);

impl Turn {
    /// All replicas in the order in which this call is to ask them: round robin, behind the others those that have no
    /// connection left or failed a moment ago.
    pub(super) fn next<'r>(&self, replicas: &'r [Replica]) -> Vec<&'r Replica> {
        let first = self.0.get();
        self.0.set(first.wrapping_add(1));
        if let [only] = replicas {
            return vec![only];
        }
        let (late, early) = replicas.split_at(first.checked_rem(replicas.len()).unwrap_or(0));
        let mut order: Vec<&Replica> = early.iter().chain(late).collect();
        let now = Instant::now();
        order.sort_by_key(|replica| replica.rank(now));
        order
    }
}
