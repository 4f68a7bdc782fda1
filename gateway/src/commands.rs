//! The gateway's commands. It has no database, and so no command that migrates one.

use std::process::ExitCode;

use booked_server::{HealthcheckArgs, config::LogArgs, healthcheck};
use clap::{Parser, Subcommand};

use crate::{app, config::ServeArgs};

#[derive(Parser)]
#[command(name = "booked-gateway", version, about = "The public face of booked")]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the public API.
    Serve(Box<ServeArgs>),
    /// Ask the process on this machine whether it is ready; exits 0 if it is.
    Healthcheck(HealthcheckArgs),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let Cli { log, command } = Cli::parse();
    booked_server::run("booked-gateway", log.log_format, |metrics| async move {
        match command {
            Command::Serve(args) => app::serve(&args, metrics).await,
            Command::Healthcheck(args) => healthcheck(&args),
        }
    })
}
