//! Calls to the services: round robin over their replicas, on connections that are kept open and reused.
//!
//! Each HTTP worker has its own set, so nothing here is shared between threads. What matters to the caller is what a failed
//! call means: [`CallError`] tells what was never sent from what may have been done.

mod call;
mod concurrency_limit;
mod connection;
mod connection_gauges;
mod detach_on_drop;
mod error;
mod health;
mod metrics;
mod pool;
mod replica;
mod response;
mod round_robin;
mod slot_queue;
mod slots;

use std::{rc::Rc, time::Duration};

use booked_server::Endpoint;
use tokio::time::Instant;

pub(crate) use self::{
    call::Call,
    connection_gauges::ConnectionGauges,
    error::CallError,
    response::{ResponseBody, UpstreamResponse},
};
use self::{metrics::UpstreamMetrics, replica::Replica, round_robin::RoundRobin};
use crate::{config::ServiceSettings, routes::Retry, services::ServiceMap};

/// A service, as one worker calls it.
pub(crate) struct Upstream {
    replicas: Vec<Rc<Replica>>,
    round_robin: RoundRobin,
    timeout_max: Duration,
    metrics: UpstreamMetrics,
}

impl Upstream {
    pub(crate) fn all(settings: &ServiceSettings, gauges: &ConnectionGauges) -> ServiceMap<Rc<Self>> {
        let upstream = |service| Self::new(settings.endpoints(service).as_slice(), settings, gauges);
        ServiceMap::from_fn(|service| Rc::new(upstream(service)))
    }

    fn new(endpoints: &[Endpoint], settings: &ServiceSettings, gauges: &ConnectionGauges) -> Self {
        let replica = |endpoint| Rc::new(Replica::new(endpoint, settings, gauges.counts_of(endpoint)));
        Self {
            replicas: endpoints.iter().map(replica).collect(),
            round_robin: RoundRobin::default(),
            timeout_max: settings.timeout,
            metrics: UpstreamMetrics::new(endpoints),
        }
    }

    /// How long a route's answer may take here: no route gets more than is configured.
    pub(crate) fn timeout(&self, of_route: Duration) -> Duration {
        of_route.min(self.timeout_max)
    }

    /// Sends a call to one replica after the other until one answers. Another replica is tried if surely nothing was sent and
    /// it may have room, and once more if its response was lost and `retry` allows that. After a timeout nothing is tried
    /// again: the client's time is over, and a service that is too slow would get even more to do.
    pub(crate) async fn send(
        &self,
        call: &Call,
        retry: Retry,
        timeout: Duration,
    ) -> Result<UpstreamResponse, CallError> {
        let began = Instant::now();
        let response = self.try_replicas(call, retry, timeout).await;
        self.metrics.record(&response, began.elapsed());
        response
    }

    async fn try_replicas(
        &self,
        call: &Call,
        retry: Retry,
        timeout: Duration,
    ) -> Result<UpstreamResponse, CallError> {
        let deadline = Instant::now() + self.timeout(timeout);
        let mut retries_left: u32 = match retry {
            Retry::Never => 0,
            Retry::Once | Retry::WithKey => 1,
        };
        // Of a call that changes something.
        let mut lost = None;
        let mut others = self.round_robin.order(&self.replicas, call).into_iter();
        let Some(mut replica) = others.next() else {
            return Err(CallError::NotSent("no replica".to_owned()));
        };
        loop {
            let error = match replica.exchange(call, deadline).await {
                Ok(response) => {
                    return Ok(UpstreamResponse { follows_lost_write: lost.is_some(), ..response });
                }
                Err(error) => error,
            };
            let next = match &error {
                CallError::NotSent(_) | CallError::ConnectTimedOut => others.next(),
                CallError::Lost(_) if retries_left > 0 => {
                    retries_left -= 1;
                    Some(others.next().unwrap_or(replica))
                }
                // The replica that was tried first has more room than the others.
                CallError::Overloaded(_) | CallError::Lost(_) | CallError::TimedOut => None,
            };
            let Some(next) = next else { return Err(error.after(lost)) };
            replica = next;
            if matches!((&error, retry), (CallError::Lost(_), Retry::WithKey)) {
                lost = Some(error);
            }
        }
    }
}
