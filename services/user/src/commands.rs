//! The program's commands: those that every service has, and those for operators.
//!
//! Exit codes: 0 done, 1 failed, 2 the command line cannot be parsed, 3 refused because of the present state (the email
//! is taken, or no account has it).

mod create_admin;
mod new_key;
mod operators;
mod password;
mod revoke_admin;
mod set_password;

use booked_server::{Application, Lifecycle};
use booked_service::Service;
use booked_telemetry::Metrics;
use clap::Subcommand;
use diesel_migrations::EmbeddedMigrations;

use crate::{app, config::Config, outbound::postgres::MIGRATIONS};

/// The service, as its program runs it.
pub struct User;

#[derive(Subcommand)]
pub enum Commands {
    /// Make an admin: a new account, or with --promote one that exists.
    CreateAdmin(create_admin::CreateAdminArgs),
    /// Give an account another password.
    SetPassword(set_password::SetPasswordArgs),
    /// Take the admin's role from an account.
    RevokeAdmin(revoke_admin::RevokeAdminArgs),
    /// Make a key that signs tokens.
    NewKey(new_key::NewKeyArgs),
}

impl Service for User {
    const PROGRAM: &'static str = "booked-user";
    const ABOUT: &'static str = "Accounts and tokens.";
    const MIGRATIONS: EmbeddedMigrations = MIGRATIONS;
    type Config = Config;
    type Commands = Commands;

    async fn bind(config: Config, lifecycle: Lifecycle, metrics: Metrics) -> anyhow::Result<Application> {
        app::bind(config, lifecycle, metrics).await
    }

    async fn run(command: Commands) -> anyhow::Result<()> {
        match command {
            Commands::CreateAdmin(args) => create_admin::run(args).await,
            Commands::SetPassword(args) => set_password::run(args).await,
            Commands::RevokeAdmin(args) => revoke_admin::run(args).await,
            Commands::NewKey(args) => new_key::run(&args),
        }
    }
}
