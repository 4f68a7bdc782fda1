//! `cargo booked bench`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use booked_bench::{BenchContext, Benchmark, Effort, Tools, compare, html, table};
use booked_local_system::{Binaries, say, warn};
use clap::Args;

use crate::{outcome::write, run_folder::RunFolder};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Takes some ten minutes instead of about an hour.
    #[arg(long)]
    quick: bool,
    /// Only these benchmarks, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<Benchmark>,
    /// How often ours and the floor alternate [default: 30, with --quick 10].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// How long each turn takes, in seconds [default: 2, with --quick 1].
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
    /// A missed goal is no failure: a slow machine does not make the system wrong.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let tools = Tools::prepare(warn)?;
        let binaries = Binaries::build_for_images()?;
        let folder = RunFolder::create("bench")?;
        warn(&format!("data and logs are in {} until this ends", folder.path.display()));
        let bench = BenchContext { binaries, tools, effort: self.effort(), folder: folder.path.clone() };
        let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
        let benchmarks = if self.only.is_empty() { Benchmark::ALL.to_vec() } else { self.only };
        let comparison = runtime.block_on(compare(&bench, &benchmarks, warn));
        if let Some(path) = &self.json {
            write(path, &serde_json::to_string_pretty(&comparison)?)?;
        }
        if let Some(path) = &self.html {
            write(path, &html(&comparison))?;
        }
        say(&table(&comparison));
        Ok(ExitCode::SUCCESS)
    }

    fn effort(&self) -> Effort {
        let default = if self.quick { Effort::QUICK } else { Effort::FULL };
        Effort {
            rounds: self.rounds.unwrap_or(default.rounds),
            slice: self.seconds.map_or(default.slice, Duration::from_secs),
        }
    }
}
