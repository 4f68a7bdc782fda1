//! Builds the adapters and joins them to the use cases: the only place that knows all of them.

use std::sync::Arc;

use actix_web::web;
use booked_postgres::{Database, require_schema};
use booked_server::{Application, Clock, Lifecycle, Random, SystemClock, SystemRandom};
use booked_telemetry::Metrics;

use crate::{
    config::Config,
    inbound::{http::routes, jobs},
    outbound::{
        guess_limit::RecentFailures,
        hashing::BcryptHasher,
        postgres::{MIGRATIONS, PostgresAccountStore},
        signing_keys::FolderKeys,
    },
    ports::{AccountStore, GuessLimit, PasswordHasher, TokenSigner},
    usecases::{Context, Tokens},
};

/// The adapter behind each port.
#[derive(Clone)]
pub struct Adapters {
    pub accounts: Arc<dyn AccountStore>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub guesses: Arc<dyn GuessLimit>,
    pub signer: Arc<dyn TokenSigner>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// Builds the service and binds it to its addresses.
///
/// # Errors
///
/// A part cannot be built, or an address cannot be bound.
pub async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
    bind_with(config, lifecycle, metrics, |adapters| adapters).await
}

/// Like [`bind`], with some adapters replaced, for tests that observe an adapter or let it fail.
///
/// # Errors
///
/// See [`bind`].
pub async fn bind_with(
    config: Config,
    lifecycle: Lifecycle,
    metrics: Metrics,
    replace: impl FnOnce(Adapters) -> Adapters,
) -> anyhow::Result<Application> {
    let database = Database::new(&config.database, lifecycle.runtime())?;
    let hash = config.hash();
    let keys = Arc::new(config.keys);
    let Adapters { accounts, passwords, guesses, signer, clock, random } = replace(Adapters {
        accounts: Arc::new(PostgresAccountStore::new(database.clone())),
        passwords: Arc::new(BcryptHasher::start(hash)?),
        guesses: Arc::new(RecentFailures::default()),
        signer: Arc::<FolderKeys>::clone(&keys),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    });
    keys.register_gauges(&opentelemetry::global::meter("booked-user"));
    // It does not wait for the schema to be checked: keys are published even while the database is unavailable, and a key
    // that was removed must not be published until the database is back.
    lifecycle.spawn_job(jobs::read_keys_again(Arc::clone(&keys), config.keys_reload));

    let context = web::Data::new(Context { accounts, passwords, guesses, clock, random });
    let tokens = web::Data::new(Tokens {
        signer,
        lifetime_s: config.token_ttl_s,
        admin_lifetime_s: config.admin_token_ttl_s,
    });
    let keys = web::Data::from(keys);
    let routes = move |service: &mut web::ServiceConfig| {
        service.app_data(context.clone()).app_data(tokens.clone()).app_data(keys.clone());
        routes(service);
    };
    let application = Application::bind(config.http, config.credential, lifecycle.clone(), metrics, routes)?;
    Ok(application.ready_after(async move {
        require_schema(&database, MIGRATIONS).await?;
        Ok(())
    }))
}
