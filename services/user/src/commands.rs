//! The program's commands: `serve`, those of every service, and the operators' own.
//!
//! Exit codes: 0 it is done, 1 it failed, 2 the command line cannot be read, 3 it is refused as things are (an email
//! that is taken, or that no account has).

mod create_admin;
mod new_key;
mod password;
mod revoke_admin;
mod set_password;

use std::{fmt, process::ExitCode, sync::Arc, time::Duration};

use booked_postgres::{Database, DatabaseArgs, DatabaseSettings};
use booked_server::{
    HealthcheckArgs, Lifecycle, SystemClock, SystemRandom,
    config::{LogArgs, Mistakes},
};
use booked_telemetry::Metrics;
use clap::{Parser, Subcommand};
use tokio::runtime::Handle;

use crate::{
    app,
    config::ServeArgs,
    domain::Email,
    outbound::{
        guess_limit::RecentFailures,
        hashing::{BcryptHasher, HashSettings},
        postgres::{MIGRATIONS, PostgresAccountStore},
    },
    usecases::Context,
};

const SERVICE: &str = "booked-user";

/// Accounts and tokens.
#[derive(Parser)]
#[command(name = SERVICE, version)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve log-in and registration.
    Serve(Box<ServeArgs>),
    /// Bring the database's schema up to date.
    Migrate(DatabaseArgs),
    /// Ask the process on this machine whether it is ready.
    Healthcheck(HealthcheckArgs),
    /// Make an admin: a new account, or with --promote one that is there.
    CreateAdmin(create_admin::CreateAdminArgs),
    /// Give an account another password.
    SetPassword(set_password::SetPasswordArgs),
    /// Take the admin's role from an account.
    RevokeAdmin(revoke_admin::RevokeAdminArgs),
    /// Make a key that signs tokens.
    NewKey(new_key::NewKeyArgs),
}

/// Runs the command that the command line names.
pub fn run() -> ExitCode {
    let Cli { log, command } = Cli::parse();
    booked_server::run(SERVICE, log.log_format, |metrics| command.run(metrics))
}

impl Command {
    async fn run(self, metrics: Metrics) -> anyhow::Result<()> {
        match self {
            Self::Serve(args) => app::bind(args.check()?, Lifecycle::new(), metrics).await?.serve().await,
            Self::Migrate(args) => {
                let mut mistakes = Mistakes::default();
                let database = args.check(&mut mistakes);
                booked_postgres::migrate(&mistakes.finish(database)?, MIGRATIONS).await
            }
            Self::Healthcheck(args) => booked_server::healthcheck(&args),
            Self::CreateAdmin(args) => create_admin::run(args).await,
            Self::SetPassword(args) => set_password::run(args).await,
            Self::RevokeAdmin(args) => revoke_admin::run(args).await,
            Self::NewKey(args) => new_key::run(&args),
        }
    }
}

fn accounts(database: &DatabaseSettings) -> anyhow::Result<PostgresAccountStore> {
    Ok(PostgresAccountStore::new(Database::new(database, &Handle::current())?))
}

/// The accounts, and one thread that hashes.
fn context(database: &DatabaseSettings, bcrypt_cost: u32) -> anyhow::Result<Context> {
    let one_password = HashSettings { cost: bcrypt_cost, threads: 1, queue_max: 1, wait_max: Duration::MAX };
    Ok(Context {
        accounts: Arc::new(accounts(database)?),
        passwords: Arc::new(BcryptHasher::start(one_password)?),
        guesses: Arc::new(RecentFailures::default()),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    })
}

fn email(text: &str, mistakes: &mut Mistakes) -> Option<Email> {
    Email::parse(text).map_err(|refused| mistakes.add("--email", format!("cannot be used: {refused}"))).ok()
}

#[expect(clippy::print_stdout, reason = "what a command came to is for the operator, not for the log")]
fn tell(what: impl fmt::Display) {
    println!("{what}");
}
