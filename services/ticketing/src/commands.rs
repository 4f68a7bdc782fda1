//! The program's commands: those that every service has, and those for operators.

use booked_feed::ArchiveArgs;
use booked_server::{Application, Lifecycle};
use booked_service::Service;
use booked_telemetry::Metrics;
use clap::Subcommand;
use diesel_migrations::EmbeddedMigrations;

use crate::{app, config::Config, outbound::postgres::MIGRATIONS};

/// The service, as its program runs it.
pub struct Ticketing;

#[derive(Subcommand)]
pub enum Commands {
    /// Archive the months of the outbox before a given one; their sums stay.
    ArchiveOutbox(ArchiveArgs),
}

impl Service for Ticketing {
    const PROGRAM: &'static str = "booked-ticketing";
    const ABOUT: &'static str = "Seats, holds, bookings and the waitlist.";
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
