//! Builds the adapters and joins them to the use cases: the only place that knows all of them.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use booked_feed::{Consumer, Feed, FeedClient};
use booked_idempotency::KeptAnswers;
use booked_postgres::{Database, require_schema};
use booked_server::{Application, Lifecycle, Random, ServiceClient, SystemRandom};
use booked_telemetry::Metrics;
use tokio::time::sleep;

use crate::{
    config::Config,
    inbound::{
        feed::{ApplyEvents, EVENT_FEED, PulledEvents},
        http::{deadline::Deadline, routes},
        jobs::{
            self, auditor,
            changes::{self, ChangesNoted},
            deliver,
        },
        metrics::gauges,
    },
    outbound::{
        postgres::{
            BookingQueue, MIGRATIONS, PostgresBookings, PostgresCancelledEvents, PostgresEventChanges,
            PostgresEvents, PostgresLedgerAudit, PostgresWaitlistStore,
        },
        users::{HttpUsers, USER_SERVICE},
        valkey::{Valkey, ValkeySeats},
    },
    usecases::{Auditor, Context, Loads, Progress},
};

/// The name of this service's own feed.
const SOURCE: &str = "/ticketing";
/// How often a Valkey that is away is asked again whether it is fit.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Builds the service and binds it to its addresses.
///
/// # Errors
///
/// A part cannot be built, or an address cannot be bound.
pub async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    bind_with(config, lifecycle, metrics, |context| context).await
}

/// Like [`bind`], with some adapters replaced: for tests that watch one, stop it at a step or let it fail.
///
/// # Errors
///
/// See [`bind`].
pub async fn bind_with(
    config: Config,
    lifecycle: Lifecycle,
    metrics: Metrics,
    replace: impl FnOnce(Context) -> Context,
) -> anyhow::Result<Application> {
    let database = Database::new(&config.database, lifecycle.runtime())?;
    let (contention, jobs_settings, delivery) = (config.contention(), config.jobs(), config.delivery());
    let valkey = Valkey::new(config.valkey, lifecycle.runtime().clone());
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let seats = Arc::new(ValkeySeats::new(valkey.clone(), config.lifetimes).limited(config.hold_limit));

    let own_feed = Feed::start(SOURCE, database.clone(), &lifecycle);
    let noted = ChangesNoted::default();
    let events = Arc::new(ApplyEvents { noted: Arc::clone(&noted), signal: own_feed.signal() });
    let user_service = config.user_url.map(|url| ServiceClient::new(USER_SERVICE, url, &config.credential));
    let user_service = user_service.transpose()?;
    if user_service.is_none() {
        tracing::warn!("USER_URL is not set: those who have tickets of a cancelled event will not be told");
    }
    let source =
        FeedClient::new(ServiceClient::new("the event service", config.event_url, &config.credential)?);
    let consumer =
        Consumer::new(EVENT_FEED, source, database.clone(), events, Arc::clone(&random), &lifecycle);

    let queue = BookingQueue::start(&database, config.queue, config.hold_limit.max_per_buyer, &lifecycle);
    let context = replace(Context {
        holds: seats.clone(),
        claims: seats.clone(),
        inventory: seats,
        bookings: Arc::new(PostgresBookings::new(database.clone(), queue, own_feed.signal())),
        events: Arc::new(PostgresEvents::new(database.clone())),
        waitlist: Arc::new(PostgresWaitlistStore::new(database.clone(), Arc::clone(&random))),
        cancelled: Arc::new(PostgresCancelledEvents::new(database.clone())),
        users: Arc::new(HttpUsers::new(user_service)),
        changes: Arc::new(PostgresEventChanges::new(database.clone(), own_feed.signal())),
        feed: Arc::new(PulledEvents(consumer.clone())),
        notifier: config.notifier.notifier()?,
        random,
        loads: Arc::new(Loads::new(&lifecycle)),
        queues: Arc::default(),
        known: Arc::default(),
        contention,
    });
    let auditor = Auditor {
        ledger: Arc::new(PostgresLedgerAudit::new(database.clone())),
        inventory: Arc::clone(&context.inventory),
        events: Arc::clone(&context.events),
        progress: Progress::default(),
    };
    lifecycle.spawn_job(refuse_misconfigured_valkey(valkey, lifecycle.clone()));

    let deadline = Deadline::new(config.request, lifecycle.clone());
    let answers = KeptAnswers::new(database.clone());
    let shared =
        (context.clone(), deadline, answers.clone(), database.clone(), consumer.clone(), own_feed.routes());
    let routes = move |service: &mut web::ServiceConfig| {
        let (context, deadline, answers, database, consumer, feed) = shared.clone();
        service.app_data(web::Data::new(context)).app_data(web::Data::new(deadline));
        service.app_data(web::Data::new(answers));
        service.app_data(web::Data::new(database.half())).app_data(web::Data::new(consumer));
        service.configure(feed).configure(routes);
    };
    let application = Application::bind(config.http, config.credential, lifecycle.clone(), metrics, routes)?;
    Ok(application.ready_after(async move {
        require_schema(&database, MIGRATIONS).await?;
        auditor::start(auditor, config.auditor_interval, context.random.uuid(), &lifecycle);
        jobs::start(&context, jobs_settings, &lifecycle);
        changes::start(&context, jobs_settings.tick, noted, &lifecycle);
        deliver::start(&context, delivery, &lifecycle);
        gauges::start(&context, &lifecycle);
        lifecycle.spawn_job(consumer.run());
        lifecycle.spawn_job(answers.sweep());
        Ok(())
    }))
}

/// A Valkey that may evict keys is refused, as soon as it can be asked: one that is away must not keep the routes that do
/// without it from being served.
async fn refuse_misconfigured_valkey(valkey: Valkey, lifecycle: Lifecycle) {
    loop {
        match valkey.misconfiguration().await {
            Ok(None) => return,
            Ok(Some(why)) => {
                tracing::error!(why, "refusing to sell");
                return lifecycle.fail(why);
            }
            Err(_) => sleep(ASK_AGAIN).await,
        }
    }
}
