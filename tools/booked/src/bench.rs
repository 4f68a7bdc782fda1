//! The command `bench`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_bench::{Bench, Effort, Subject, Tools, compare};
use booked_local_system::{Binaries, say, warn};
use clap::Args;

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// A few minutes instead of half an hour or so.
    #[arg(long)]
    quick: bool,
    /// Only these, by comma.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<Subject>,
    /// How often ours and the floor take turns [default: 7, quick 3].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// How long each turn takes, in seconds [default: 8, quick 2].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: Option<u64>,
    /// Writes the comparison as JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the comparison as a page with plots to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl BenchArgs {
    /// Success also where goals are missed: how quick a machine is does not make the system wrong.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let tools = Tools::prepare(warn)?;
        let binaries = Binaries::build()?;
        let folder = Folder::new()?;
        warn(&format!("data and logs are in {} until the end", folder.0.display()));
        let bench = Bench { binaries, tools, effort: self.effort(), folder: folder.0.clone() };
        let runtime = tokio::runtime::Runtime::new().context("there is no runtime to be had")?;
        let subjects = if self.only.is_empty() { Subject::ALL.to_vec() } else { self.only };
        let comparison = runtime.block_on(compare(&bench, &subjects, warn));
        if let Some(path) = &self.json {
            write(path, &serde_json::to_string_pretty(&comparison)?)?;
        }
        if let Some(path) = &self.html {
            write(path, &comparison.html())?;
        }
        say(&comparison.table());
        Ok(ExitCode::SUCCESS)
    }

    fn effort(&self) -> Effort {
        let usual = if self.quick { Effort::QUICK } else { Effort::FULL };
        Effort {
            rounds: self.rounds.unwrap_or(usual.rounds),
            slice: self.seconds.map_or(usual.slice, Duration::from_secs),
        }
    }
}

/// Where the systems keep their data, on disk and not in memory, for the sake of fsync; it goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("booked-bench-{}", std::process::id()));
        // Not for us alone: the servers run as other accounts.
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in a temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
