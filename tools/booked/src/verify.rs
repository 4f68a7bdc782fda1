//! `cargo booked verify`: whether what clients recorded and what the databases contain is right.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_checker::{
    Limits, Report, Sources,
    history::{self, Line},
    verify,
};
use booked_local_system::{say, sources_of};
use clap::Args;

use crate::outcome::exit_code;

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// What clients recorded, as `cargo booked load` and `chaos` write it with `--history`. It must be finished, and must
    /// contain all calls of its users from the first on. May be given several times.
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// Check only what clients recorded, without any database.
    #[arg(long)]
    history_only: bool,
    /// Data folder of the running system to check, if no database is given.
    #[arg(long, env = "BOOKED_DATA_DIR", default_value = ".booked", value_name = "FOLDER")]
    data_dir: PathBuf,
    #[command(flatten)]
    urls: UrlArgs,
    /// How long to watch a seat that looks wrong until it counts as wrong, in seconds; a little longer than a round of the
    /// reconciler. If nothing looks wrong, there is no wait.
    #[arg(long, default_value_t = 330, value_name = "SECONDS")]
    settle_timeout_s: u64,
    /// How much the clocks of clients and databases may differ, in milliseconds.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    clock_skew_ms: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Databases that are not given are not checked.
#[derive(Args)]
struct UrlArgs {
    /// URL of ticketing's database.
    #[arg(long, env = "TICKETING_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    ticketing_database_url: Option<String>,
    /// File that contains the URL of ticketing's database.
    #[arg(long, env = "TICKETING_DATABASE_URL_FILE", value_name = "FILE")]
    ticketing_database_url_file: Option<PathBuf>,
    /// URL of the event service's database.
    #[arg(long, env = "EVENT_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    event_database_url: Option<String>,
    /// File that contains the URL of the event service's database.
    #[arg(long, env = "EVENT_DATABASE_URL_FILE", value_name = "FILE")]
    event_database_url_file: Option<PathBuf>,
    /// URL of analytics' database.
    #[arg(long, env = "ANALYTICS_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    analytics_database_url: Option<String>,
    /// File that contains the URL of analytics' database.
    #[arg(long, env = "ANALYTICS_DATABASE_URL_FILE", value_name = "FILE")]
    analytics_database_url_file: Option<PathBuf>,
    /// URL of Valkey, in any form that ticketing accepts.
    #[arg(long, env = "VALKEY_URL", hide_env_values = true, value_name = "URL")]
    valkey_url: Option<String>,
    /// File that contains the URL of Valkey.
    #[arg(long, env = "VALKEY_URL_FILE", value_name = "FILE")]
    valkey_url_file: Option<PathBuf>,
    /// File with the certificate authorities for Valkey's certificate.
    #[arg(long, env = "VALKEY_CA_FILE", value_name = "FILE")]
    valkey_ca_file: Option<PathBuf>,
}

impl VerifyArgs {
    /// Succeeds if nothing is wrong.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let report = self.check()?;
        say(&if self.json { serde_json::to_string_pretty(&report)? } else { report.to_string() });
        Ok(exit_code(report.valid))
    }

    fn check(&self) -> Result<Report> {
        let history = read(&self.history)?;
        let limits = Limits {
            settle_timeout: Duration::from_secs(self.settle_timeout_s),
            clock_skew: Duration::from_millis(self.clock_skew_ms),
            ..Limits::default()
        };
        let sources = Sources { limits, ..self.sources()? };
        let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
        Ok(runtime.block_on(verify(&sources, history))?)
    }

    fn sources(&self) -> Result<Sources> {
        let urls = &self.urls;
        let given = Sources {
            ticketing_database_url: url_of(&urls.ticketing_database_url, &urls.ticketing_database_url_file)?,
            event_database_url: url_of(&urls.event_database_url, &urls.event_database_url_file)?,
            analytics_database_url: url_of(&urls.analytics_database_url, &urls.analytics_database_url_file)?,
            valkey_url: url_of(&urls.valkey_url, &urls.valkey_url_file)?,
            valkey_ca_file: urls.valkey_ca_file.clone(),
            ..Sources::default()
        };
        if self.history_only {
            return Ok(Sources::default());
        }
        if given.names_any() { Ok(given) } else { sources_of(&self.data_dir) }
    }
}

/// A URL, or else the content of a file.
fn url_of(url: &Option<String>, file: &Option<PathBuf>) -> Result<Option<String>> {
    let in_file = |file: &Path| {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Ok::<_, anyhow::Error>(text.trim().to_owned())
    };
    match url {
        Some(url) => Ok(Some(url.clone())),
        None => file.as_deref().map(in_file).transpose(),
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for file in files {
        let name = || file.display().to_string();
        let open = File::open(file).with_context(|| format!("{} cannot be read", name()))?;
        lines.extend(history::read(BufReader::new(open)).with_context(name)?);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: VerifyArgs,
    }

    fn parse(line: &[&str]) -> VerifyArgs {
        Line::parse_from(std::iter::once("verify").chain(line.iter().copied())).args
    }

    #[test]
    fn without_a_running_system_nothing_can_be_checked() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().display().to_string();
        let error = parse(&["--data-dir", &folder]).check().err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.starts_with("no system runs in")));
    }

    #[test]
    fn a_history_can_be_checked_alone() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("history");
        fs::write(&file, "{\"settings\":{\"hold_ms\":1000}}\n").unwrap();
        let report = parse(&["--history-only", "--history", &file.display().to_string()]).check().unwrap();
        assert!(report.valid);
    }

    #[test]
    fn a_database_that_is_given_takes_precedence_over_a_folder() {
        let sources = parse(&["--event-database-url", "postgres://host/event"]).sources().unwrap();
        assert_eq!(sources.event_database_url.as_deref(), Some("postgres://host/event"));
        assert!(sources.ticketing_database_url.is_none());
    }
}
