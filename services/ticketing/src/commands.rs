//! The program's commands.

use std::process::ExitCode;

use booked_feed::ArchiveArgs;
use booked_postgres::DatabaseArgs;
use booked_server::{
    HealthcheckArgs, Lifecycle,
    config::{LogArgs, Mistakes},
};
use booked_telemetry::Metrics;
use clap::{Parser, Subcommand};

use crate::{app, config::ServeArgs, outbound::postgres::MIGRATIONS};

const SERVICE: &str = "booked-ticketing";

/// Seats, holds, bookings and the waitlist.
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
    /// Serve reservations, bookings, cancels and the waitlist.
    Serve(Box<ServeArgs>),
    /// Bring the database's schema up to date.
    Migrate(DatabaseArgs),
    /// Take months that are over out of the outbox; what they add up to stays.
    ArchiveOutbox(ArchiveArgs),
    /// Ask the process on this machine whether it is ready.
    Healthcheck(HealthcheckArgs),
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
            Self::ArchiveOutbox(args) => args.run().await,
            Self::Healthcheck(args) => booked_server::healthcheck(&args),
        }
    }
}
