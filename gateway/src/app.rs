//! Builds the parts of the gateway and joins them: the only place that knows all of them.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use anyhow::Context as _;
use booked_server::{Application, Lifecycle, SystemClock, SystemRandom};
use booked_telemetry::Metrics;

use crate::{
    body_budget::BodyBudget,
    config::{Config, ServeArgs},
    front::{self, ClientConnections},
    jwks_cache::JwksCache,
    metrics::{RejectionMetrics, RequestMetrics},
    phases::{
        client_address::ClientAddresses, forward::SharedReads, limits::Limits, rate_limit::RatePolicies,
    },
    pipeline::{Pipeline, Shared},
    upstream::ConnectionGauges,
};

/// Serves until the process is asked to stop.
pub(crate) async fn serve(args: &ServeArgs, metrics: Metrics) -> anyhow::Result<()> {
    bind(args.check()?, Lifecycle::new(), metrics)?.serve().await
}

/// Builds the gateway and binds it to its addresses.
///
/// # Errors
///
/// A part cannot be built, or an address cannot be bound.
pub fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    let Config { http, credential, services, clients, pages } = config;
    let jwks = JwksCache::start(&services, &credential, &lifecycle)?;
    let mut credential_header = HeaderValue::from_str(credential.to_send())
        .context("the internal credential has characters that a header cannot have")?;
    credential_header.set_sensitive(true);
    let rejections = RejectionMetrics::new();
    let connections = ClientConnections::new(&clients, &services, http.workers, rejections.clone());
    let shared = Arc::new(Shared {
        credential: credential_header,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        jwks,
        metrics: RequestMetrics::new(),
        rejections,
        addresses: ClientAddresses::new(clients.trusted_proxies),
        limits: Limits::new(&clients.limits),
        rate_policies: RatePolicies::new(&clients.limits),
        bodies: BodyBudget::new(clients.limits.body_bytes_max, clients.limits.address_body_bytes_max),
        clients: clients.clone(),
        pages,
        reads: SharedReads::new(),
        connection_gauges: ConnectionGauges::register(&services),
        lifecycle: lifecycle.clone(),
    });
    // Each worker has a pipeline of its own, and so its own connections to the services: shared ones cost more.
    let pipeline = move || Pipeline::new(Arc::clone(&shared), &services);
    let application = Application::bind_server(http, lifecycle, metrics, |http| {
        front::serve(http, &clients, connections, pipeline)
    })?;
    Ok(application)
}
