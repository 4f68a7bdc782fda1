//! The way of a request through the gateway: named phases, one after the other; the first one that rejects the request
//! answers it.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Instant};

use actix_http::{Request, Response};
use actix_web::{
    HttpMessage as _, HttpResponse,
    body::BoxBody,
    http::{ConnectionType, header::HeaderValue},
};
use booked_server::{Clock, Lifecycle, Random, unix_seconds};
use booked_telemetry::ServedRequest;

use crate::{
    body_budget::BodyBudget,
    client_limits::InFlight,
    config::{ClientSettings, PageSettings, ServiceSettings},
    front::ActiveRequest,
    jwks_cache::JwksCache,
    local_endpoints,
    metrics::{RejectionMetrics, RequestMetrics},
    phases::{
        body::{self, RequestBody},
        caching,
        client_address::ClientAddresses,
        conditional, cors,
        forward::{self, Forward, SharedReads},
        guarded_body::GuardedBody,
        idempotency_key,
        identity::{self, Caller},
        limits::{Limits, RequestUsage},
        rate_limit::RatePolicies,
        request_id::RequestId,
        role,
    },
    rejection::Rejection,
    routes::{self, Access, Handler, LocalEndpoint, NotFound, READ, Route, RouteMatch},
    services::{ServiceMap, ServiceName},
    upstream::{ConnectionGauges, Upstream},
};

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) credential: HeaderValue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) jwks: JwksCache,
    pub(crate) metrics: RequestMetrics,
    pub(crate) rejections: RejectionMetrics,
    pub(crate) addresses: ClientAddresses,
    pub(crate) limits: Limits,
    pub(crate) rate_policies: RatePolicies,
    pub(crate) bodies: BodyBudget,
    pub(crate) clients: ClientSettings,
    pub(crate) pages: PageSettings,
    pub(crate) reads: SharedReads,
    pub(crate) connection_gauges: Arc<ConnectionGauges>,
    pub(crate) lifecycle: Lifecycle,
}

/// What one worker serves requests with.
pub(crate) struct Pipeline {
    shared: Arc<Shared>,
    upstreams: ServiceMap<Rc<Upstream>>,
}

/// Passes a request through all phases, and answers it. What was decided about its head already, because of
/// `Expect: 100-continue`, is not decided again.
pub(crate) async fn answer(pipeline: Rc<Pipeline>, mut request: Request) -> Response<BoxBody> {
    let expected = request.extensions_mut().remove::<(RequestContext, Admitted)>();
    let (context, admitted) = match expected {
        Some((context, admitted)) => (context, Some(admitted)),
        None => (RequestContext::start(&pipeline.shared, &request), None),
    };
    let payload = request.take_payload();
    let route_match = routes::find(request.method().as_str(), request.path());
    let route = route_match.as_ref().ok().map(|route_match| route_match.route);
    let access = route.map_or(Access::Anyone, |route| route.access);
    let body = RequestBody::new(&request, payload, access, pipeline.shared.clients.body_timeout);
    let served = context.served(&request);
    let RequestContext { began, id, client, mut usage, active } = context;
    let head = RequestHead { request: &request, route_match, id: &id, client };
    let response = served.scope(pipeline.run(&head, &mut usage, admitted, body, active)).await;
    finish(&pipeline.shared, &request, (began, id, &usage), (route, &served), response)
}

/// Decides about a request with `Expect: 100-continue`, as far as its head goes: an error takes the place of
/// `100 Continue`.
pub(crate) async fn admit_expected(
    pipeline: Rc<Pipeline>,
    request: Request,
) -> Result<Request, Response<BoxBody>> {
    let mut context = RequestContext::start(&pipeline.shared, &request);
    let route_match = routes::find(request.method().as_str(), request.path());
    let route = route_match.as_ref().ok().map(|route_match| route_match.route);
    let served = context.served(&request);
    let head = RequestHead { request: &request, route_match, id: &context.id, client: context.client };
    match served.scope(pipeline.admit(&head, &mut context.usage)).await {
        Ok(admitted) => {
            request.extensions_mut().insert((context, admitted));
            Ok(request)
        }
        Err(rejection) => {
            let RequestContext { began, id, usage, active, .. } = context;
            let response = GuardedBody::wrap(pipeline.reject(rejection, &request), active);
            Err(finish(&pipeline.shared, &request, (began, id, &usage), (route, &served), response))
        }
    }
}

/// Adds what every response has, and records it in traces and metrics.
fn finish(
    shared: &Shared,
    request: &Request,
    (began, id, usage): (Instant, RequestId, &RequestUsage),
    (route, served): (Option<&Route>, &ServedRequest),
    mut response: HttpResponse,
) -> Response<BoxBody> {
    served.end(request.method().as_str(), route.map(|route| route.path), response.status().as_u16());
    cors::apply(&shared.clients.cors_origins, request, &mut response);
    caching::apply(route, &mut response);
    shared.rate_policies.apply(usage, &mut response);
    id.apply(&mut response);
    shared.metrics.record(began, route, request.method(), response.status());
    response.into()
}

/// What exists for one request from its head to its response.
struct RequestContext {
    began: Instant,
    id: RequestId,
    client: IpAddr,
    usage: RequestUsage,
    active: ActiveRequest,
}

impl RequestContext {
    fn start(shared: &Shared, request: &Request) -> Self {
        let id = RequestId::choose(request, &*shared.random);
        let client = shared.addresses.of(request);
        let usage = shared.limits.usage_of(client);
        Self { began: Instant::now(), id, client, usage, active: ActiveRequest::start(request) }
    }

    fn served(&self, request: &Request) -> ServedRequest {
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        ServedRequest::begin(request.method().as_str(), request.path(), self.id.as_str(), header)
    }
}

/// What is known of a request before its body is read.
struct RequestHead<'r> {
    request: &'r Request,
    route_match: Result<RouteMatch<'r>, NotFound>,
    id: &'r RequestId,
    client: IpAddr,
}

/// A request whose head passed; it may be served if its body passes too.
struct Admitted {
    caller: Option<Caller>,
    idempotency_key: Option<HeaderValue>,
    in_flight: Option<InFlight>,
}

impl Pipeline {
    pub(crate) fn new(shared: Arc<Shared>, services: &ServiceSettings) -> Self {
        Self { upstreams: Upstream::all(services, &shared.connection_gauges), shared }
    }

    async fn run(
        &self,
        head: &RequestHead<'_>,
        usage: &mut RequestUsage,
        admitted: Option<Admitted>,
        mut body: RequestBody,
        active: ActiveRequest,
    ) -> HttpResponse {
        let wants_upgrade = head.request.head().connection_type() == ConnectionType::Upgrade;
        let admitted = match admitted {
            Some(admitted) => Ok(admitted),
            None => self.admit(head, usage).await,
        };
        let (response, in_flight) = match (admitted, &head.route_match) {
            (Err(rejection), _) => (Err(rejection), None),
            (Ok(_), Err(not_found)) => (Err(not_found.clone().into()), None),
            (Ok(mut admitted), Ok(route_match)) => {
                let in_flight = admitted.in_flight.take();
                (self.serve(head, route_match, &admitted, usage, &mut body).await, in_flight)
            }
        };
        let response = response.unwrap_or_else(|rejection| self.reject(rejection, head.request));
        let is_read = body.drain().await;
        // In flight until the client has its response: a client that does not read its responses gets no more of them.
        let guard = (active, in_flight, (!is_read).then_some(body));
        let mut response = GuardedBody::wrap(response, guard);
        // The server closes such a connection in any case, and all connections when it shuts down; without this header, the
        // response would not say so, and what a client had sent in the meantime would be lost.
        if wants_upgrade || self.shared.lifecycle.is_ending() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// What the head decides. The order is a promise: route, token, role, idempotency key. Limits apply as early as they can: the address' before
    /// anything else is checked, the user's as soon as the user is known.
    async fn admit(&self, head: &RequestHead<'_>, usage: &mut RequestUsage) -> Result<Admitted, Rejection> {
        let Shared { jwks, limits, clock, .. } = &*self.shared;
        let RequestHead { request, route_match, .. } = head;
        let cost = route_match.as_ref().map_or(READ, |route_match| route_match.route.cost);
        // Health checks are not limited.
        let is_health_check = route_match
            .as_ref()
            .is_ok_and(|route_match| route_match.route.handler == Handler::Local(LocalEndpoint::Health));
        if !is_health_check {
            limits.charge_address(usage, cost)?;
        }
        let route = route_match.as_ref().map_err(|not_found| Rejection::from(not_found.clone()))?.route;
        let caller = identity::authenticate(route.access, request, jwks, unix_seconds(&**clock)).await?;
        role::check(route.access, caller.as_ref())?;
        limits.charge_user(usage, caller.as_ref(), cost)?;
        let idempotency_key = idempotency_key::read(route, request)?;
        let in_flight = match route.handler {
            Handler::Service(_) => limits.begin(usage, route.access)?,
            Handler::Local(_) => None,
        };
        body::check_declared_length(request, route)?;
        Ok(Admitted { caller, idempotency_key, in_flight })
    }

    /// What comes after the head: the body, and the response.
    async fn serve(
        &self,
        head: &RequestHead<'_>,
        route_match: &RouteMatch<'_>,
        admitted: &Admitted,
        usage: &RequestUsage,
        body: &mut RequestBody,
    ) -> Result<HttpResponse, Rejection> {
        let Shared { pages, jwks, limits, bodies, credential, reads, .. } = &*self.shared;
        let RequestHead { request, id, client, .. } = head;
        let service = match route_match.route.handler {
            Handler::Local(endpoint) => {
                let response = local_endpoints::respond(endpoint, request, route_match, pages, jwks)?;
                return Ok(conditional::apply(request, response));
            }
            Handler::Service(service) => service,
        };
        if !route_match.has_plain_parameter() {
            return Err(Rejection::IdMalformed);
        }
        let mut reservation = bodies.reserve(&usage.address);
        let body = body.read(route_match.route, &mut reservation).await?;
        limits.charge_body(usage, body.len())?;
        let upstream = self.upstreams.get(service);
        let (caller, idempotency_key) = (admitted.caller.as_ref(), admitted.idempotency_key.as_ref());
        // Only the user service shares its time by address.
        let client = (service == ServiceName::User).then_some(*client);
        let forward =
            Forward { request, route_match, service, caller, client, idempotency_key, credential, id, body };
        Ok(conditional::apply(request, forward::send(upstream, reads, forward).await?))
    }

    fn reject(&self, rejection: Rejection, request: &Request) -> HttpResponse {
        if let Some(limit) = rejection.limit() {
            self.shared.rejections.count(limit);
        }
        let preflight = cors::preflight(&self.shared.clients.cors_origins, request, &rejection);
        preflight.unwrap_or_else(|| rejection.into_response())
    }
}

impl From<NotFound> for Rejection {
    fn from(not_found: NotFound) -> Self {
        match not_found {
            NotFound::Path => Self::NoSuchRoute,
            NotFound::Method { allowed } => Self::MethodNotAllowed { allowed },
        }
    }
}
