//! Calls to the services: replicas in turn, over connections that are kept and used again.
//!
//! One set for each HTTP worker, so nothing here is shared between threads. What matters to the caller is what a failure
//! means: [`Failure`] tells what was never sent from what may have been done.

mod answer;
mod connection;
mod connections;
mod health;
mod limit;
mod pool;
mod replica;
mod running_on;
mod turns;
mod waiting;

use std::{rc::Rc, time::Duration};

use booked_identity::internal::{CREDENTIAL_HEADER, DEADLINE_HEADER};
use booked_server::{Endpoint, Endpoints};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use tokio::time::Instant;

use self::replica::{Replica, Turn};
pub(crate) use self::{
    answer::{Answer, AnswerBody},
    connections::Connections,
};
use crate::{
    config::ServiceSettings,
    metrics::UpstreamMetrics,
    routes::{Priority, Retry, ServiceName},
};

/// All services, as one worker calls them.
pub(crate) struct Upstreams {
    user: Rc<Upstream>,
    event: Rc<Upstream>,
    ticketing: Rc<Upstream>,
    analytics: Rc<Upstream>,
}

impl Upstreams {
    pub(crate) fn new(settings: &ServiceSettings, connections: &Connections) -> Self {
        let upstream =
            |endpoints: &Endpoints| Rc::new(Upstream::new(endpoints.as_slice(), settings, connections));
        Self {
            user: upstream(&settings.user),
            event: upstream(&settings.event),
            ticketing: upstream(&settings.ticketing),
            analytics: upstream(&settings.analytics),
        }
    }

    pub(crate) fn of(&self, service: ServiceName) -> &Rc<Upstream> {
        match service {
            ServiceName::User => &self.user,
            ServiceName::Event => &self.event,
            ServiceName::Ticketing => &self.ticketing,
            ServiceName::Analytics => &self.analytics,
        }
    }
}

/// A service, as one worker calls it.
pub(crate) struct Upstream {
    replicas: Vec<Rc<Replica>>,
    turn: Turn,
    timeout_max: Duration,
    metrics: UpstreamMetrics,
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) target: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) priority: Priority,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Not a byte of the request was sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Not a byte of the request was sent, since there is no room for it in time.
    #[error("not sent: {0}")]
    Busy(&'static str),
    /// Not a byte of the request was sent, since the replica took no connection in time.
    #[error("not sent: no connection in time")]
    NotConnected,
    /// The request was sent, at least in part; the connection broke before the answer was there.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// The request was sent; the answer did not come in time.
    #[error("no answer in time")]
    TimedOut,
}

impl Upstream {
    fn new(endpoints: &[Endpoint], settings: &ServiceSettings, connections: &Connections) -> Self {
        let replica = |endpoint| Rc::new(Replica::new(endpoint, settings, connections.to(endpoint)));
        Self {
            replicas: endpoints.iter().map(replica).collect(),
            turn: Turn::default(),
            timeout_max: settings.timeout,
            metrics: UpstreamMetrics::new(endpoints),
        }
    }

    /// Longest time that an answer may take, where a route allows so long.
    pub(crate) fn limit(&self, of_route: Duration) -> Duration {
        of_route.min(self.timeout_max)
    }

    /// Sends a call to one replica after the other until one answers. Another replica is asked where surely nothing was
    /// sent and there may be room, or once more where `retry` allows that it is done twice. A time-out is never followed by another try: the
    /// client's time is over, and a service that is too slow would get even more to do.
    pub(crate) async fn send(&self, call: &Call, retry: Retry, timeout: Duration) -> Result<Answer, Failure> {
        let began = Instant::now();
        let answer = self.ask_in_turn(call, retry, timeout).await;
        self.metrics.record(&answer, began.elapsed());
        answer
    }

    async fn ask_in_turn(&self, call: &Call, retry: Retry, timeout: Duration) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.limit(timeout);
        let mut repeats_left: u32 = match retry {
            Retry::Never => 0,
            Retry::Once => 1,
        };
        let mut others = self.turn.next(&self.replicas, call).into_iter();
        let Some(mut replica) = others.next() else { return Err(Failure::NotSent("no replica".to_owned())) };
        loop {
            let failure = match replica.exchange(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let next = match &failure {
                Failure::NotSent(_) | Failure::NotConnected => others.next(),
                Failure::Lost(_) if repeats_left > 0 => {
                    repeats_left -= 1;
                    Some(others.next().unwrap_or(replica))
                }
                // The one that was asked first has more room than the others.
                Failure::Busy(_) | Failure::Lost(_) | Failure::TimedOut => None,
            };
            match next {
                Some(next) => replica = next,
                None => return Err(failure),
            }
        }
    }
}

impl Call {
    /// A call that every service answers and that costs it nothing.
    fn probe(&self) -> Self {
        let credential = self.headers.get(CREDENTIAL_HEADER).cloned();
        let named = credential.map(|credential| (HeaderName::from_static(CREDENTIAL_HEADER), credential));
        Self {
            method: Method::GET,
            target: http::Uri::from_static("/"),
            headers: HeaderMap::from_iter(named),
            body: Bytes::new(),
            priority: Priority::Normal,
        }
    }

    /// The request for one replica, which is told for how long it is waited for.
    fn request(&self, host: &HeaderValue, deadline: Instant) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let left_ms = HeaderValue::from(u64::try_from(left).unwrap_or(u64::MAX));
        request.headers_mut().insert(header::HOST, host.clone());
        request.headers_mut().insert(HeaderName::from_static(DEADLINE_HEADER), left_ms);
        request
    }
}
