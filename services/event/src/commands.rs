//! The program's commands: those that every service has, and those for operators.

use booked_feed::ArchiveArgs;
use booked_server::{Application, Lifecycle};
use booked_service::Service;
use booked_telemetry::Metrics;
use clap::Subcommand;
use diesel_migrations::EmbeddedMigrations;

use crate::{app, config::Config, outbound::postgres::MIGRATIONS};

/// The service, as its program runs it.
pub struct Event;

#[derive(Subcommand)]
pub enum Commands {
    /// Archive the months of the outbox before a given one; their sums stay.
    ArchiveOutbox(ArchiveArgs),
}

impl Service for Event {
    const PROGRAM: &'static str = "booked-event";
    const ABOUT: &'static str = "What takes place, when and where.";
    const MIGRATIONS: EmbeddedMigrations = MIGRATIONS;
    type Config = Config;
    type Commands = Commands;

    async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
        app::bind(config, lifecycle, metrics).await
    }

    async fn run(command: Commands) -> anyhow::Result<()> {
        let Commands::ArchiveOutbox(args) = command;
        args.run().await
    }
}
