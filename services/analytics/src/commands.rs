//! The program's commands: those that every service has.

use booked_server::{Application, Lifecycle};
use booked_service::{NoCommands, Service};
use booked_telemetry::Metrics;
use diesel_migrations::EmbeddedMigrations;

use crate::{app, config::Config, outbound::postgres::MIGRATIONS};

/// The service, as its program runs it.
pub struct Analytics;

impl Service for Analytics {
    const PROGRAM: &'static str = "booked-analytics";
    const ABOUT: &'static str = "Counts of what was sold and cancelled.";
    const MIGRATIONS: EmbeddedMigrations = MIGRATIONS;
    type Config = Config;
    type Commands = NoCommands;

    async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
        app::bind(config, lifecycle, metrics).await
    }

    async fn run(command: NoCommands) -> anyhow::Result<()> {
        match command {}
    }
}
