//! The one place where the gateway's parts are built and joined.

use std::sync::Arc;

use anyhow::Context as _;
use booked_server::{Application, Lifecycle, SystemClock, SystemRandom};
use booked_telemetry::Metrics;
use http::HeaderValue;

use crate::{
    body_budget::BodyBudget,
    config::{Config, ServeArgs},
    front::{self, ClientConnections},
    keys::TokenKeys,
    metrics::{RefusalMetrics, RequestMetrics},
    phases::{client_address::ClientAddresses, forward::SharedReads, limits::Limits},
    pipeline::{Pipeline, Shared},
    upstream::ConnectionGauges,
};

/// Serves until the process is asked to end.
pub(crate) async fn serve(args: &ServeArgs, metrics: Metrics) -> anyhow::Result<()> {
    bind(args.check()?, Lifecycle::new(), metrics)?.serve().await
}

/// Builds the gateway and binds it to its addresses.
///
/// # Errors
///
/// An address that cannot be bound.
pub fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    let Config { http, credential, services, clients } = config;
    let keys = TokenKeys::start(&services, &credential, &lifecycle)?;
    let mut credential_header =
        HeaderValue::from_str(credential.to_send()).context("the internal credential fits no header")?;
    credential_header.set_sensitive(true);
    let refusals = RefusalMetrics::new();
    let connected = ClientConnections::new(&clients, &services, http.workers, refusals.clone());
    let shared = Arc::new(Shared {
        credential: credential_header,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keys,
        metrics: RequestMetrics::new(),
        refusals,
        addresses: ClientAddresses::new(clients.trusted_proxies),
        limits: Limits::new(&clients.limits),
        bodies: BodyBudget::new(clients.limits.body_bytes_max, clients.limits.address_body_bytes_max),
        clients: clients.clone(),
        reads: SharedReads::new(),
        connection_gauges: ConnectionGauges::register(&services),
        life: lifecycle.clone(),
    });
    // Each worker has a pipeline of its own, and so connections of its own to the services: shared ones cost more.
    let pipeline = move || Pipeline::new(Arc::clone(&shared), &services);
    let application = Application::bind_server(http, lifecycle, metrics, |http| {
        front::serve(http, &clients, connected, pipeline)
    })?;
    Ok(application)
}
