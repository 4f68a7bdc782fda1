//! The way of a request through the gateway: named phases, one after the other; the first that refuses answers.

use std::{net::IpAddr, sync::Arc, time::Instant};

use actix_web::{HttpRequest, HttpResponse, http::ConnectionType, web};
use booked_ids::UserId;
use booked_server::{Clock, Lifecycle, Random, unix_seconds};
use http::HeaderValue;
use tracing::Instrument as _;

use crate::{
    config::{ClientSettings, ServiceSettings},
    keys::TokenKeys,
    metrics::RequestMetrics,
    own_pages,
    phases::{
        address_limit,
        client_address::ClientAddresses,
        cors,
        forward::{self, Forward, SharedReads},
        identity,
        request_id::RequestId,
        role,
        size::RequestBody,
        user_limit,
    },
    rate::RateLimit,
    refusal::Refusal,
    routes::{self, Answerer, Found, NotFound, Page, ServiceName},
    upstream::{Connections, Upstreams},
};

/// What all workers have in common.
pub(crate) struct Shared {
    pub(crate) credential: HeaderValue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: TokenKeys,
    pub(crate) metrics: RequestMetrics,
    pub(crate) addresses: ClientAddresses,
    pub(crate) address_limit: Option<RateLimit<IpAddr>>,
    pub(crate) user_limit: Option<RateLimit<UserId>>,
    pub(crate) clients: ClientSettings,
    pub(crate) reads: SharedReads,
    pub(crate) connections: Arc<Connections>,
    pub(crate) life: Lifecycle,
}

/// What one worker answers requests with.
pub(crate) struct Pipeline {
    shared: Arc<Shared>,
    upstreams: Upstreams,
}

/// Answers a request, whatever it is.
pub(crate) async fn answer(
    pipeline: web::Data<Pipeline>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let began = Instant::now();
    let shared = &pipeline.shared;
    let id = RequestId::choose(&request, &*shared.random);
    let method = request.method().as_str();
    let span = booked_telemetry::server_span(method, request.path(), id.as_str());
    booked_telemetry::continue_trace(&span, |name| request.headers().get(name)?.to_str().ok());
    let found = routes::find(method, request.path());
    let route = found.as_ref().ok().map(|found| found.route);
    let body = RequestBody::new(&request, payload.into_inner(), shared.clients.body_timeout);
    let mut response =
        pipeline.run(Incoming { request: &request, found, id: &id }, body).instrument(span.clone()).await;
    booked_telemetry::served(&span, method, route.map(|route| route.path), response.status().as_u16());
    cors::put(&shared.clients.cors_origins, &request, &mut response);
    id.put(&mut response);
    shared.metrics.record(began, route, request.method(), response.status());
    response
}

/// A request with what is known of it from the start.
struct Incoming<'r> {
    request: &'r HttpRequest,
    found: Result<Found<'r>, NotFound>,
    id: &'r RequestId,
}

impl Pipeline {
    pub(crate) fn new(shared: Arc<Shared>, services: &ServiceSettings) -> Self {
        Self { upstreams: Upstreams::new(services, &shared.connections), shared }
    }

    async fn run(&self, incoming: Incoming<'_>, mut body: RequestBody) -> HttpResponse {
        let asks_for_another_protocol = incoming.request.head().connection_type() == ConnectionType::Upgrade;
        let response = self.through_phases(incoming, &mut body).await;
        let mut response = body.read_away(response.unwrap_or_else(Refusal::into_response)).await;
        // The server closes such a connection in any case, and all of them when it ends; left alone, the answer would not
        // say so, and what a client had sent meanwhile would be lost.
        if asks_for_another_protocol || self.shared.life.is_ending() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// The order is a promise: route, token, role, body. Limits stand as early as they can: that of the address before
    /// any signature is checked, that of the user as soon as it is known.
    async fn through_phases(
        &self,
        incoming: Incoming<'_>,
        body: &mut RequestBody,
    ) -> Result<HttpResponse, Refusal> {
        let Shared { clients, keys, addresses, address_limit, user_limit, clock, credential, reads, .. } =
            &*self.shared;
        let Incoming { request, found, id } = incoming;
        if let Err(not_found) = &found
            && let Some(preflight) = cors::preflight(&clients.cors_origins, request, not_found)
        {
            return Ok(preflight);
        }
        let found = found?;
        let route = found.route;
        let client = addresses.of(request);
        // Who watches over us is not counted.
        if route.answerer != Answerer::Own(Page::Health) {
            address_limit::check(address_limit.as_ref(), client)?;
        }
        let service = match route.answerer {
            Answerer::Own(page) => return own_pages::answer(page, &found),
            Answerer::Service(service) => service,
        };
        let caller = identity::find(route.who, request, keys, unix_seconds(&**clock)).await?;
        role::check(route.who, caller.as_ref())?;
        user_limit::check(user_limit.as_ref(), caller.as_ref())?;
        let body = body.read().await?;
        let upstream = self.upstreams.of(service);
        let caller = caller.as_ref();
        // The user service alone shares its time out by address.
        let client = (service == ServiceName::User).then_some(client);
        let forward = Forward { request, found: &found, caller, client, credential, id, body };
        forward::send(upstream, reads, forward).await
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
