//! Builds the adapters and joins them to the use cases: the only place that knows all of them.

use std::sync::Arc;

use actix_web::web;
use booked_feed::Feed;
use booked_idempotency::KeptAnswers;
use booked_postgres::{Database, require_schema};
use booked_server::{Application, Clock, Lifecycle, ServiceClient, SystemClock, SystemRandom};
use booked_telemetry::Metrics;

use crate::{
    config::Config,
    inbound::{
        http::{Changes, Reads, routes},
        jobs,
    },
    outbound::{
        postgres::{MIGRATIONS, PostgresEventStore},
        ticketing::{HttpTicketing, Timeouts},
    },
    usecases::Context,
};

/// The source that the entries of this service's feed name.
const SOURCE: &str = "/event";

/// Builds the service and binds it to its addresses.
///
/// # Errors
///
/// A part cannot be built, or an address cannot be bound.
pub async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    let database = Database::new(&config.database, lifecycle.runtime())?;
    let feed = Feed::start(SOURCE, database.clone(), &lifecycle);
    let ticketing = config.ticketing;
    let timeouts = Timeouts {
        count: ticketing.timeout,
        catch_up: ticketing.catch_up_timeout,
        confirm: ticketing.confirm_timeout,
    };
    let client = ServiceClient::new("ticketing", ticketing.endpoints, &config.credential)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let context = Context {
        events: Arc::new(PostgresEventStore::new(database.clone(), feed.signal())),
        ticketing: Arc::new(HttpTicketing::new(client, timeouts)),
        clock: Arc::clone(&clock),
        random: Arc::new(SystemRandom),
    };
    let reads = Reads::new(context.clone(), config.reads, &lifecycle);
    let answers = KeptAnswers::new(database.clone());
    let changes = web::Data::new(Changes::new(context.clone(), answers.clone(), lifecycle.clone()));
    let (context, reads, feed) = (web::Data::new(context), web::Data::new(reads), feed.routes());
    let routes = move |service: &mut web::ServiceConfig| {
        service.app_data(context.clone()).app_data(reads.clone()).app_data(changes.clone());
        service.configure(feed.clone()).configure(routes);
    };
    let application = Application::bind(config.http, config.credential, lifecycle.clone(), metrics, routes)?;
    Ok(application.ready_after(async move {
        require_schema(&database, MIGRATIONS).await?;
        lifecycle.spawn_job(answers.sweep());
        lifecycle.spawn_job(jobs::purge_deleted_events(database, clock, config.deleted_kept));
        Ok(())
    }))
}
