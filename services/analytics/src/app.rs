//! The one place where the parts are built and joined.

use std::sync::Arc;

use booked_feed::{Consumer, FeedClient};
use booked_postgres::{Database, DatabaseSettings, require_schema};
use booked_server::{Application, Clock, Lifecycle, Peer, SystemClock, SystemRandom};
use booked_telemetry::Metrics;

use crate::{
    config::Config,
    inbound::{
        feed::{CountSales, FEED},
        http::{Context, routes},
    },
    outbound::postgres::MIGRATIONS,
};

/// Serves until the process is asked to end.
///
/// # Errors
///
/// Where it cannot start, or a listener fails.
pub async fn serve(config: Config, metrics: Metrics) -> anyhow::Result<()> {
    bind(config, Lifecycle::new(), metrics)?.serve().await
}

/// Brings the database's schema up to date.
///
/// # Errors
///
/// Where the database cannot be reached, or a migration fails.
pub async fn migrate(database: &DatabaseSettings) -> anyhow::Result<()> {
    booked_postgres::migrate(database, MIGRATIONS).await
}

/// Builds the service and binds it to its addresses.
///
/// # Errors
///
/// Where a part cannot be built or an address not be bound.
pub fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    bind_with_clock(config, lifecycle, metrics, Arc::new(SystemClock))
}

/// The same with a clock of the caller's.
///
/// # Errors
///
/// Where a part cannot be built or an address not be bound.
pub fn bind_with_clock(
    config: Config,
    lifecycle: Lifecycle,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Application> {
    let database = Database::new(&config.database, lifecycle.runtime())?;
    let ticketing = FeedClient::new(Peer::new(config.ticketing, &config.credential)?);
    let (count, random) = (Arc::new(CountSales), Arc::new(SystemRandom));
    let consumer = Consumer::new(FEED, ticketing, database.clone(), count, random, &lifecycle);
    let routes = routes(Context { database: database.clone(), clock });
    let application = Application::bind(config.http, config.credential, lifecycle.clone(), metrics, routes)?;
    Ok(application.ready_after(async move {
        require_schema(&database, MIGRATIONS).await?;
        lifecycle.spawn_job(consumer.run());
        Ok(())
    }))
}
