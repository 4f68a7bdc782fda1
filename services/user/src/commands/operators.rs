//! What the operators' commands share.

use std::{fmt, sync::Arc, time::Duration};

use booked_postgres::{Database, DatabaseSettings};
use booked_server::{SystemClock, SystemRandom, config::ConfigErrors};
use tokio::runtime::Handle;

use crate::{
    config::CostSettings,
    domain::Email,
    outbound::{
        guess_limit::RecentFailures,
        hashing::{BcryptHasher, HashSettings},
        postgres::PostgresAccountStore,
    },
    usecases::Context,
};

pub(super) fn accounts(database: &DatabaseSettings) -> anyhow::Result<PostgresAccountStore> {
    Ok(PostgresAccountStore::new(Database::new(database, &Handle::current())?))
}

/// The accounts, and one thread that hashes.
pub(super) fn context(database: &DatabaseSettings, cost: &CostSettings) -> anyhow::Result<Context> {
    let one_password = HashSettings { cost: cost.bcrypt, threads: 1, queue_max: 1, wait_max: Duration::MAX };
    Ok(Context {
        accounts: Arc::new(accounts(database)?),
        passwords: Arc::new(BcryptHasher::start(one_password)?),
        guesses: Arc::new(RecentFailures::default()),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    })
}

pub(super) fn email(text: &str, errors: &mut ConfigErrors) -> Option<Email> {
    Email::parse(text).map_err(|refused| errors.add("--email", format!("cannot be used: {refused}"))).ok()
}

#[expect(clippy::print_stdout, reason = "what a command came to is for the operator, not for the log")]
pub(super) fn tell(what: impl fmt::Display) {
    println!("{what}");
}
