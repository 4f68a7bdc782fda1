//! The command line that all services have: serve, migrate, healthcheck, and the commands that a service adds.
//!
//! A service implements [`Service`], and its `main` calls [`run`].

#![warn(missing_docs)]

mod no_commands;

use std::{future::Future, process::ExitCode};

use booked_postgres::DatabaseArgs;
use booked_server::{
    Application, HealthcheckArgs, Lifecycle,
    config::LogArgs,
    healthcheck,
    settings::{Settings, Unchecked, print_schema},
};
use booked_telemetry::Metrics;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use diesel_migrations::EmbeddedMigrations;

pub use no_commands::NoCommands;

/// A service, as its program runs it.
pub trait Service {
    /// The name of its program, `booked-event`.
    const PROGRAM: &'static str;
    /// What it is for, in one line.
    const ABOUT: &'static str;
    /// The schema of its database.
    const MIGRATIONS: EmbeddedMigrations;
    /// The settings for serving.
    type Config: Settings;
    /// The commands that only this service has; see [`NoCommands`].
    type Commands: Subcommand;

    /// Builds the service and binds it to its addresses.
    ///
    /// # Errors
    ///
    /// An adapter cannot be built, or an address is taken.
    fn bind(
        config: Self::Config,
        lifecycle: Lifecycle,
        metrics: Metrics,
    ) -> impl Future<Output = anyhow::Result<Application>>;

    /// Runs one of the service's own commands.
    ///
    /// # Errors
    ///
    /// The command fails.
    fn run(command: Self::Commands) -> impl Future<Output = anyhow::Result<()>>;
}

#[derive(Parser)]
#[command(version)]
struct CommandLine<S: Service> {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command<S::Config, S::Commands>,
}

#[derive(Subcommand)]
enum Command<S: Settings, C: Subcommand> {
    /// Serve until the process is asked to end.
    Serve(Unchecked<S>),
    /// Bring the schema of the database up to date.
    Migrate(DatabaseArgs),
    /// Print all settings as JSON Schema.
    Settings,
    /// Ask the process on this machine whether it is ready.
    Healthcheck(HealthcheckArgs),
    #[command(flatten)]
    Own(C),
}

/// Runs the command that the command line names.
#[must_use]
pub fn run<S: Service>() -> ExitCode {
    let matches = CommandLine::<S>::command().name(S::PROGRAM).about(S::ABOUT).get_matches();
    let CommandLine { log, command } = match CommandLine::<S>::from_arg_matches(&matches) {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    booked_server::run(S::PROGRAM, log.log_format, |metrics| run_command::<S>(command, metrics))
}

async fn run_command<S: Service>(
    command: Command<S::Config, S::Commands>,
    metrics: Metrics,
) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => S::bind(args.check()?, Lifecycle::new(), metrics).await?.serve().await,
        Command::Migrate(args) => booked_postgres::migrate(&args.check()?, S::MIGRATIONS).await,
        Command::Settings => {
            print_schema::<S::Config>(S::PROGRAM);
            Ok(())
        }
        Command::Healthcheck(args) => healthcheck(&args),
        Command::Own(command) => S::run(command).await,
    }
}
