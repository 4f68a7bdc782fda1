//! The one place where the gateway's parts are built and joined.

use std::{any::Any, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, rt::net::TcpStream, web};
use anyhow::Context as _;
use booked_server::{Application, Lifecycle, SystemClock, SystemRandom};
use booked_telemetry::Metrics;
use http::HeaderValue;

use crate::{
    config::{Config, ServeArgs},
    keys::TokenKeys,
    metrics::RequestMetrics,
    phases::{client_address::ClientAddresses, forward::SharedReads},
    pipeline::{Pipeline, Shared, answer},
    rate::RateLimit,
    upstream::Connections,
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
    let shared = Arc::new(Shared {
        credential: credential_header,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keys,
        metrics: RequestMetrics::new(),
        addresses: ClientAddresses::new(clients.trusted_proxies),
        address_limit: clients.address_rate.map(RateLimit::new),
        user_limit: clients.user_rate.map(RateLimit::new),
        clients: clients.clone(),
        reads: SharedReads::new(),
        connections: Connections::show(&services),
        life: lifecycle.clone(),
    });
    // Each worker has a pipeline of its own, and so connections of its own to the services: shared ones cost more.
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(Pipeline::new(Arc::clone(&shared), &services)))
            .default_service(web::to(answer))
    })
    .tcp_nodelay(true)
    .keep_alive(clients.idle)
    .client_request_timeout(clients.head_timeout)
    .max_connections(clients.connections_max)
    .on_connect(move |connection, _| end_when_stalled(connection, clients.stall));
    let application = Application::bind_server(http, lifecycle, metrics, |http| {
        let server = server
            .workers(http.workers)
            .shutdown_timeout(http.drain_timeout.as_secs().max(1))
            .disable_signals()
            .bind(http.listen)?;
        Ok((server.addrs(), server.run()))
    })?;
    Ok(application)
}

/// A client that does not read its answer holds it in our memory; the server itself would wait without end.
fn end_when_stalled(connection: &dyn Any, stall: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let stall_ms = u32::try_from(stall.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, stall_ms) {
        tracing::debug!(%error, "a connection has no limit for stalling");
    }
}
