//! Builds the parts of the service and joins them: the only place that knows all of them.

use std::sync::Arc;

use actix_web::web;
use booked_feed::{Consumer, FeedClient};
use booked_postgres::{Database, require_schema};
use booked_server::{Application, Clock, Lifecycle, ServiceClient, SystemClock, SystemRandom};
use booked_telemetry::Metrics;

use crate::{
    config::Config,
    inbound::{
        feed::{CountSales, FEED},
        http::{Context, routes},
    },
    outbound::postgres::MIGRATIONS,
};

/// Builds the service and binds it to its addresses.
///
/// # Errors
///
/// A part cannot be built, or an address cannot be bound.
pub async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    bind_with_clock(config, lifecycle, metrics, Arc::new(SystemClock)).await
}

/// Like [`bind`], with the caller's clock.
///
/// # Errors
///
/// See [`bind`].
pub async fn bind_with_clock(
    config: Config,
    lifecycle: Lifecycle,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Application> {
    let database = Database::new(&config.database, lifecycle.runtime())?;
    let ticketing = FeedClient::new(ServiceClient::new("ticketing", config.ticketing, &config.credential)?);
    let (count, random) = (Arc::new(CountSales), Arc::new(SystemRandom));
    let consumer = Consumer::new(FEED, ticketing, database.clone(), count, random, &lifecycle);
    let context = web::Data::new(Context { database: database.clone(), clock });
    let routes = move |service: &mut web::ServiceConfig| {
        service.app_data(context.clone()).configure(routes);
    };
    let application = Application::bind(config.http, config.credential, lifecycle.clone(), metrics, routes)?;
    Ok(application.ready_after(async move {
        require_schema(&database, MIGRATIONS).await?;
        lifecycle.spawn_job(consumer.run());
        Ok(())
    }))
}
