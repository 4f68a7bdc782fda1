//! `cargo booked verify`: whether what clients recorded and what the databases hold is right.

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

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// What clients recorded, as `cargo booked load` and `chaos` write it with `--history`: all calls of its users,
    /// from their first on, and finished; may be given several times.
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// Judge what clients recorded alone, without any database.
    #[arg(long)]
    history_only: bool,
    /// The folder of the running system whose data is looked at, where no database is named.
    #[arg(long, env = "BOOKED_DATA_DIR", default_value = ".booked", value_name = "FOLDER")]
    data_dir: PathBuf,
    #[command(flatten)]
    urls: UrlArgs,
    /// How long a seat that looks wrong is watched before it counts as wrong, in seconds: a little longer than a round of
    /// the reconciler. Where nothing looks wrong, nothing is waited for.
    #[arg(long, default_value_t = 330, value_name = "SECONDS")]
    patience: u64,
    /// By how much the clocks of clients and databases may differ, in milliseconds.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    clock_skew_ms: u64,
    /// Write the report as JSON.
    #[arg(long)]
    json: bool,
}

/// The databases, where they are named; what is not named is not compared.
#[derive(Args)]
struct UrlArgs {
    /// URL of ticketing's database.
    #[arg(long, env = "TICKETING_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    ticketing_database_url: Option<String>,
    /// File that holds it.
    #[arg(long, env = "TICKETING_DATABASE_URL_FILE", value_name = "FILE")]
    ticketing_database_url_file: Option<PathBuf>,
    /// URL of the event service's database.
    #[arg(long, env = "EVENT_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    event_database_url: Option<String>,
    /// File that holds it.
    #[arg(long, env = "EVENT_DATABASE_URL_FILE", value_name = "FILE")]
    event_database_url_file: Option<PathBuf>,
    /// URL of analytics' database.
    #[arg(long, env = "ANALYTICS_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    analytics_database_url: Option<String>,
    /// File that holds it.
    #[arg(long, env = "ANALYTICS_DATABASE_URL_FILE", value_name = "FILE")]
    analytics_database_url_file: Option<PathBuf>,
    /// URL of Valkey, in any of ticketing's forms.
    #[arg(long, env = "VALKEY_URL", hide_env_values = true, value_name = "URL")]
    valkey_url: Option<String>,
    /// File that holds it.
    #[arg(long, env = "VALKEY_URL_FILE", value_name = "FILE")]
    valkey_url_file: Option<PathBuf>,
    /// File of the certificates that Valkey's is checked against.
    #[arg(long, env = "VALKEY_CA_FILE", value_name = "FILE")]
    valkey_ca_file: Option<PathBuf>,
}

impl VerifyArgs {
    /// Says what was found. Success where nothing is wrong.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let report = self.judged()?;
        let told = if self.json { serde_json::to_string_pretty(&report).ok() } else { None };
        say(&told.unwrap_or_else(|| report.to_string()));
        Ok(if report.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn judged(&self) -> Result<Report> {
        let history = read(&self.history)?;
        let limits = Limits {
            settle_timeout: Duration::from_secs(self.patience),
            clock_skew: Duration::from_millis(self.clock_skew_ms),
            ..Limits::default()
        };
        let sources = Sources { limits, ..self.sources()? };
        let runtime = tokio::runtime::Runtime::new().context("there is no runtime to be had")?;
        Ok(runtime.block_on(verify(&sources, history))?)
    }

    fn sources(&self) -> Result<Sources> {
        let urls = &self.urls;
        let named = Sources {
            ticketing_database_url: given(&urls.ticketing_database_url, &urls.ticketing_database_url_file)?,
            event_database_url: given(&urls.event_database_url, &urls.event_database_url_file)?,
            analytics_database_url: given(&urls.analytics_database_url, &urls.analytics_database_url_file)?,
            valkey_url: given(&urls.valkey_url, &urls.valkey_url_file)?,
            valkey_ca_file: urls.valkey_ca_file.clone(),
            ..Sources::default()
        };
        if self.history_only {
            return Ok(Sources::default());
        }
        if named.names_any() { Ok(named) } else { sources_of(&self.data_dir) }
    }
}

/// A URL by itself, or by the file that holds it.
fn given(url: &Option<String>, file: &Option<PathBuf>) -> Result<Option<String>> {
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
    fn where_nothing_runs_nothing_can_be_said() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().display().to_string();
        let error = parse(&["--data-dir", &folder]).judged().err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.starts_with("no system runs in")));
    }

    #[test]
    fn a_history_can_be_judged_alone() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("history");
        fs::write(&file, "{\"settings\":{\"hold_ms\":1000}}\n").unwrap();
        let report = parse(&["--history-only", "--history", &file.display().to_string()]).judged().unwrap();
        assert!(report.valid);
    }

    #[test]
    fn a_database_that_is_named_comes_before_a_folder() {
        let sources = parse(&["--event-database-url", "postgres://host/event"]).sources().unwrap();
        assert_eq!(sources.event_database_url.as_deref(), Some("postgres://host/event"));
        assert!(sources.ticketing_database_url.is_none());
    }
}
