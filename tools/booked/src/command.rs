//! The command line. `cargo up` is `cargo booked up`, and each of its flags can also be set by an environment variable.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use booked_local_system::{Binaries, Replicas, Servers, Service, SystemOptions, warn};
use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};

use crate::{
    admin_password::AdminPasswordArgs, bench::BenchArgs, chaos::ChaosArgs, load::LoadArgs, siege::SiegeArgs,
    up, verify::VerifyArgs,
};

/// The exit code of a command that could not do its work, as opposed to one with a bad result.
const COULD_NOT_RUN: u8 = 2;

/// Runs booked on this machine.
#[derive(Parser)]
#[command(name = "booked", bin_name = "cargo booked", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts everything and keeps it running until Ctrl-C: PostgreSQL, Valkey, the four services and the gateway.
    Up(UpArgs),
    /// Runs buyers on a new system while it injects faults, and checks what they saw and what the databases contain. Exits
    /// with 0 if nothing is wrong, 1 if something is, 2 if it could not run.
    Chaos(ChaosArgs),
    /// Attacks a new system while good buyers buy, and shows what the buyers still achieve. Exits with 0 if all goals are met,
    /// 1 if one is missed or something is wrong, 2 if it could not run.
    Siege(SiegeArgs),
    /// Sends requests of many clients to a gateway, and shows the responses and how fast they were. Exits with 0, with 1 if
    /// there were more unexpected responses than --max-errors, 2 if it could not run.
    Load(Box<LoadArgs>),
    /// Measures the system, compared with what its parts alone can do on this machine.
    Bench(BenchArgs),
    /// Checks what clients recorded and what the databases contain; the system may be running. Exits with 0 if it is right, 1
    /// if it is wrong, 2 if that could not be determined.
    Verify(Box<VerifyArgs>),
}

#[derive(Args)]
struct UpArgs {
    /// Port of the gateway on 127.0.0.1.
    #[arg(long, env = "BOOKED_PORT", default_value_t = 8080, value_name = "PORT")]
    port: u16,
    /// Folder for data, logs and secrets.
    #[arg(long, env = "BOOKED_DATA_DIR", default_value = ".booked", value_name = "FOLDER")]
    data_dir: PathBuf,
    /// Email of the admin.
    #[arg(long, env = "BOOKED_ADMIN_EMAIL", default_value = "admin@booked.local", value_name = "EMAIL")]
    admin_email: String,
    #[command(flatten)]
    admin_password: AdminPasswordArgs,
    /// How long a reserved seat is held, in seconds.
    #[arg(long, env = "BOOKED_HOLD_SECONDS", default_value_t = 600, value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    hold_seconds: u64,
    /// Number of processes of a service. May be given several times, or as a list with commas.
    #[arg(long, env = "BOOKED_REPLICAS", value_delimiter = ',', value_name = "ticketing=3")]
    replicas: Vec<Replicas>,
    /// URL of a running PostgreSQL, on which four databases are created, instead of a private one.
    #[arg(long, env = "BOOKED_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// URL of a running Valkey (redis, rediss, redis-cluster or rediss-cluster), instead of a private one.
    #[arg(long, env = "BOOKED_VALKEY_URL", hide_env_values = true, value_name = "URL")]
    valkey_url: Option<String>,
    /// Create sample events and buyers, unless there are events.
    #[arg(long, env = "BOOKED_DEMO", value_parser = FalseyValueParser::new())]
    demo: bool,
    /// Delete all data of the private servers, and start with empty ones.
    #[arg(long, env = "BOOKED_EMPTY", value_parser = FalseyValueParser::new())]
    empty: bool,
    /// Whether the gateway limits how much one address and one user may request; use off for load tests.
    #[arg(long, env = "BOOKED_LIMITS", value_enum, default_value = "on", value_name = "on|off")]
    limits: Limits,
    /// Run the programs as `cargo test` builds them: soon there after a change, but slow.
    #[arg(long, env = "BOOKED_UNOPTIMIZED", value_parser = FalseyValueParser::new())]
    unoptimized: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Limits {
    On,
    Off,
}

pub(crate) fn run() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Up(args) => args.run(),
        Command::Chaos(args) => args.run(),
        Command::Siege(args) => args.run(),
        Command::Load(args) => args.run(),
        Command::Bench(args) => args.run(),
        Command::Verify(args) => args.run(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            warn(&format!("booked: {error:#}"));
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

impl UpArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let (with_demo, unoptimized) = (self.demo, self.unoptimized);
        let options = self.check()?;
        let binaries = || if unoptimized { Binaries::build_for_tests() } else { Binaries::build() };
        up::up(&options, binaries, with_demo)?;
        Ok(ExitCode::SUCCESS)
    }

    fn check(self) -> anyhow::Result<SystemOptions> {
        let is_external = self.database_url.is_some() || self.valkey_url.is_some();
        anyhow::ensure!(
            !(self.empty && is_external),
            "--empty deletes only the data of private servers; empty the given server yourself"
        );
        let servers = match is_external {
            true => Servers::External { database_url: self.database_url, valkey_url: self.valkey_url },
            false => Servers::Persistent,
        };
        Ok(SystemOptions {
            port: Some(self.port),
            servers,
            replicas: self.replicas,
            hold: Duration::from_secs(self.hold_seconds),
            admin_email: self.admin_email,
            admin_password: self.admin_password.read()?,
            empty: self.empty,
            limits: self.limits == Limits::On,
            settings: vec![(Service::Gateway, "PAGES".to_owned(), "on".to_owned())],
            ..SystemOptions::new(self.data_dir)
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_valid() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_password_is_not_an_argument_but_a_file() {
        assert!(CommandLine::try_parse_from(["booked", "up", "--admin-password", "secret"]).is_err());
        assert!(
            CommandLine::try_parse_from(["booked", "load", "browse", "--admin-password", "secret"]).is_err()
        );

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "correct horse\n").unwrap();
        let line = ["booked", "up", "--admin-password-file", file.to_str().unwrap()];
        let Command::Up(args) = CommandLine::try_parse_from(line).unwrap().command else { panic!() };
        assert_eq!(args.check().unwrap().admin_password.as_deref(), Some("correct horse"));

        std::fs::write(&file, "\n").unwrap();
        let Command::Up(args) = CommandLine::try_parse_from(line).unwrap().command else { panic!() };
        assert!(args.check().is_err(), "an empty password was accepted");
    }

    #[test]
    fn an_external_server_is_never_emptied() {
        let line = ["booked", "up", "--empty", "--database-url", "postgres://host"];
        let Command::Up(args) = CommandLine::try_parse_from(line).unwrap().command else { panic!() };
        assert!(args.check().is_err());
    }
}
