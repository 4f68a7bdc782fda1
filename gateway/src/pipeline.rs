//! The way of a request through the gateway: named phases, one after the other; the first that refuses answers.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Instant};

use actix_http::{Request, Response};
use actix_web::{HttpMessage as _, HttpResponse, body::BoxBody, http::ConnectionType};
use booked_server::{Clock, Lifecycle, Random, unix_seconds};
use http::HeaderValue;
use tracing::{Instrument as _, Span};

use crate::{
    askers::UnderWay,
    body_budget::BodyBudget,
    config::{ClientSettings, ServiceSettings},
    front::ActiveRequest,
    keys::TokenKeys,
    metrics::{RefusalMetrics, RequestMetrics},
    own_pages,
    phases::{
        answer::Keeping,
        client_address::ClientAddresses,
        cors,
        forward::{self, Forward, SharedReads},
        identity::{self, Caller},
        limits::{Limits, Payers},
        manners,
        request_id::RequestId,
        role,
        size::{self, RequestBody},
    },
    refusal::Refusal,
    routes::{self, Answerer, Found, LOOK, NotFound, Page, Route, Who},
    services::{ServiceMap, ServiceName},
    upstream::{ConnectionGauges, Upstream},
};

/// What all workers have in common.
pub(crate) struct Shared {
    pub(crate) credential: HeaderValue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: TokenKeys,
    pub(crate) metrics: RequestMetrics,
    pub(crate) refusals: RefusalMetrics,
    pub(crate) addresses: ClientAddresses,
    pub(crate) limits: Limits,
    pub(crate) bodies: BodyBudget,
    pub(crate) clients: ClientSettings,
    pub(crate) reads: SharedReads,
    pub(crate) connection_gauges: Arc<ConnectionGauges>,
    pub(crate) life: Lifecycle,
}

/// What one worker answers requests with.
pub(crate) struct Pipeline {
    shared: Arc<Shared>,
    upstreams: ServiceMap<Rc<Upstream>>,
}

/// Answers a request, whatever it is.
pub(crate) async fn answer(pipeline: Rc<Pipeline>, mut request: Request) -> Response<BoxBody> {
    let expected = request.extensions_mut().remove::<(Visit, Admitted)>();
    let (visit, admitted) = match expected {
        Some((visit, admitted)) => (visit, Some(admitted)),
        None => (Visit::begin(&pipeline.shared, &request), None),
    };
    let payload = request.take_payload();
    let found = routes::find(request.method().as_str(), request.path());
    let route = found.as_ref().ok().map(|found| found.route);
    let who = route.map_or(Who::Anyone, |route| route.who);
    let body = RequestBody::new(&request, payload, who, pipeline.shared.clients.body_timeout);
    let span = visit.span(&request);
    let incoming = Incoming { request: &request, found, id: &visit.id };
    let response = pipeline.run(&incoming, admitted, body, visit.serving).instrument(span.clone()).await;
    finish(&pipeline.shared, &request, visit.began, visit.id, (route, &span), response)
}

/// Decides about a request whose client waits for our word before it sends the body, as far as its head goes: an error
/// takes the place of `100 Continue`.
pub(crate) async fn admit_expected(
    pipeline: Rc<Pipeline>,
    request: Request,
) -> Result<Request, Response<BoxBody>> {
    let visit = Visit::begin(&pipeline.shared, &request);
    let found = routes::find(request.method().as_str(), request.path());
    let route = found.as_ref().ok().map(|found| found.route);
    let span = visit.span(&request);
    let incoming = Incoming { request: &request, found, id: &visit.id };
    match pipeline.admit(&incoming).instrument(span.clone()).await {
        Ok(admitted) => {
            request.extensions_mut().insert((visit, admitted));
            Ok(request)
        }
        Err(refusal) => {
            let response = pipeline.refuse(refusal, &request);
            let response = Keeping::put(response, visit.serving);
            Err(finish(&pipeline.shared, &request, visit.began, visit.id, (route, &span), response))
        }
    }
}

/// What every answer gets, and what is noted of it.
fn finish(
    shared: &Shared,
    request: &Request,
    began: Instant,
    id: RequestId,
    (route, span): (Option<&Route>, &Span),
    mut response: HttpResponse,
) -> Response<BoxBody> {
    booked_telemetry::served(
        span,
        request.method().as_str(),
        route.map(|route| route.path),
        response.status().as_u16(),
    );
    cors::put(&shared.clients.cors_origins, request, &mut response);
    manners::put(route, &mut response);
    id.put(&mut response);
    shared.metrics.record(began, route, request.method(), response.status());
    response.into()
}

/// One request's stay here, from its head on.
struct Visit {
    began: Instant,
    id: RequestId,
    serving: ActiveRequest,
}

impl Visit {
    fn begin(shared: &Shared, request: &Request) -> Self {
        let id = RequestId::choose(request, &*shared.random);
        Self { began: Instant::now(), id, serving: ActiveRequest::start(request) }
    }

    fn span(&self, request: &Request) -> Span {
        let span = booked_telemetry::server_span(request.method().as_str(), request.path(), self.id.as_str());
        booked_telemetry::continue_trace(&span, |name| request.headers().get(name)?.to_str().ok());
        span
    }
}

/// A request with what is known of it from the start.
struct Incoming<'r> {
    request: &'r Request,
    found: Result<Found<'r>, NotFound>,
    id: &'r RequestId,
}

/// A request that may be served, if its body is as it should be.
struct Admitted {
    client: IpAddr,
    caller: Option<Caller>,
    payers: Payers,
    under_way: Option<UnderWay>,
}

impl Pipeline {
    pub(crate) fn new(shared: Arc<Shared>, services: &ServiceSettings) -> Self {
        Self { upstreams: Upstream::all(services, &shared.connection_gauges), shared }
    }

    async fn run(
        &self,
        incoming: &Incoming<'_>,
        admitted: Option<Admitted>,
        mut body: RequestBody,
        serving: ActiveRequest,
    ) -> HttpResponse {
        let asks_for_another_protocol = incoming.request.head().connection_type() == ConnectionType::Upgrade;
        let admitted = match admitted {
            Some(admitted) => Ok(admitted),
            None => self.admit(incoming).await,
        };
        let (answer, under_way) = match (admitted, &incoming.found) {
            (Err(refusal), _) => (Err(refusal), None),
            (Ok(_), Err(not_found)) => (Err(not_found.clone().into()), None),
            (Ok(mut admitted), Ok(found)) => {
                let under_way = admitted.under_way.take();
                (self.serve(incoming, found, &admitted, &mut body).await, under_way)
            }
        };
        let response = answer.unwrap_or_else(|refusal| self.refuse(refusal, incoming.request));
        let is_read = body.read_away().await;
        // Under way until the client has its answer: whoever does not take answers gets no more of them.
        let kept = (serving, under_way, (!is_read).then_some(body));
        let mut response = Keeping::put(response, kept);
        // The server closes such a connection in any case, and all of them when it ends; left alone, the answer would not
        // say so, and what a client had sent meanwhile would be lost.
        if asks_for_another_protocol || self.shared.life.is_ending() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// What is decided by the head. The order is a promise: route, token, role. Limits stand as early as they can: that
    /// of the address before anything is looked at, that of the user as soon as it is known.
    async fn admit(&self, incoming: &Incoming<'_>) -> Result<Admitted, Refusal> {
        let Shared { keys, addresses, limits, clock, .. } = &*self.shared;
        let Incoming { request, found, .. } = incoming;
        let client = addresses.of(request);
        let cost = found.as_ref().map_or(LOOK, |found| found.route.cost);
        let mut payers = limits.payers(client);
        // Who watches over us is not counted.
        let is_health = found.as_ref().is_ok_and(|found| found.route.answerer == Answerer::Own(Page::Health));
        if !is_health {
            limits.charge_address(&payers, cost)?;
        }
        let route = found.as_ref().map_err(|not_found| Refusal::from(not_found.clone()))?.route;
        let caller = identity::find(route.who, request, keys, unix_seconds(&**clock)).await?;
        role::check(route.who, caller.as_ref())?;
        limits.charge_user(&mut payers, caller.as_ref(), cost)?;
        let under_way = match route.answerer {
            Answerer::Service(_) => limits.begin(&payers, route.who)?,
            Answerer::Own(_) => None,
        };
        size::check_announced(request, route)?;
        Ok(Admitted { client, caller, payers, under_way })
    }

    /// What comes after the head: the body, and the answer.
    async fn serve(
        &self,
        incoming: &Incoming<'_>,
        found: &Found<'_>,
        admitted: &Admitted,
        body: &mut RequestBody,
    ) -> Result<HttpResponse, Refusal> {
        let Shared { clients, limits, bodies, credential, reads, .. } = &*self.shared;
        let Incoming { request, id, .. } = incoming;
        let payers = &admitted.payers;
        let service = match found.route.answerer {
            Answerer::Own(page) => return own_pages::answer(page, found, clients.docs),
            Answerer::Service(service) => service,
        };
        if !found.is_plain() {
            return Err(Refusal::IdMalformed);
        }
        let mut share = bodies.share(&payers.address);
        let body = body.read(found.route, &mut share).await?;
        limits.charge_body(payers, body.len())?;
        let upstream = self.upstreams.get(service);
        let caller = admitted.caller.as_ref();
        // The user service alone shares its time out by address.
        let client = (service == ServiceName::User).then_some(admitted.client);
        let forward = Forward { request, found, caller, client, credential, id, body };
        forward::send(upstream, reads, forward).await
    }

    fn refuse(&self, refusal: Refusal, request: &Request) -> HttpResponse {
        if let Some(limit) = refusal.limit() {
            self.shared.refusals.count(limit);
        }
        let preflight = cors::preflight(&self.shared.clients.cors_origins, request, &refusal);
        preflight.unwrap_or_else(|| refusal.into_response())
    }
}

impl From<NotFound> for Refusal {
    fn from(not_found: NotFound) -> Self {
        match not_found {
            NotFound::Path => Self::NoSuchRoute,
            NotFound::Method { allowed } => Self::MethodNotAllowed { allowed },
        }
    }
}
