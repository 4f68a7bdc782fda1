//! What the program can be told to do.

use std::process::ExitCode;

use booked_server::{HealthcheckArgs, config::LogArgs, healthcheck};
use clap::{Parser, Subcommand};

use crate::{
    app,
    config::{MigrateArgs, ServeArgs},
};

/// The analytics service: counts of what was sold and cancelled.
#[derive(Parser)]
#[command(name = "booked-analytics", version)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve; needs the schema that `migrate` makes.
    Serve(Box<ServeArgs>),
    /// Bring the database's schema up to date.
    Migrate(MigrateArgs),
    /// Ask the process on this machine whether it is ready; exits 0 where it is.
    Healthcheck(HealthcheckArgs),
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { log, command } = Cli::parse();
    booked_server::run("analytics", log.log_format, |metrics| async move {
        match command {
            Command::Serve(args) => app::serve(args.check()?, metrics).await,
            Command::Migrate(args) => app::migrate(&args.check()?).await,
            Command::Healthcheck(args) => healthcheck(&args),
        }
    })
}
