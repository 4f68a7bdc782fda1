//! The gateway's commands. It has no database, and so no command that migrates one.

use std::process::ExitCode;

use booked_server::{HealthcheckArgs, config::LogArgs, healthcheck, settings::print_schema};
use clap::{Parser, Subcommand};

use crate::{
    app,
    config::{Config, ServeArgs},
};

const PROGRAM: &str = "booked-gateway";

#[derive(Parser)]
#[command(name = PROGRAM, version, about = "The public face of booked")]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the public API.
    Serve(ServeArgs),
    /// Print all settings as JSON Schema.
    Settings,
    /// Ask the process on this machine whether it is ready; exits 0 if it is.
    Healthcheck(HealthcheckArgs),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let Cli { log, command } = Cli::parse();
    booked_server::run(PROGRAM, log.log_format, |metrics| async move {
        match command {
            Command::Serve(args) => app::serve(&args, metrics).await,
            Command::Settings => {
                print_schema::<Config>(PROGRAM);
                Ok(())
            }
            Command::Healthcheck(args) => healthcheck(&args),
        }
    })
}
