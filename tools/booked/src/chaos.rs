//! `cargo booked chaos`.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_chaos::{ChaosOptions, Verdict, run};
use booked_checker::history;
use booked_local_system::{Binaries, say, warn};
use clap::Args;
use rand::Rng;

use crate::{outcome::exit_code, run_folder::RunFolder};

#[derive(Args)]
pub(crate) struct ChaosArgs {
    /// How long to inject faults, in minutes.
    #[arg(long, default_value_t = 1.0, value_name = "MINUTES", value_parser = minutes)]
    minutes: f64,
    /// Repeats a schedule of faults; a new one if not given.
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// How long a reserved seat is held, in milliseconds.
    #[arg(long, default_value_t = 1_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(100..=60_000))]
    hold_ms: u64,
    /// How many buy at the same time.
    #[arg(long, default_value_t = 24, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    buyers: u32,
    /// Write what the buyers saw to this file, for `cargo booked verify`.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Skip this guard of the protocol: the run must then be found wrong. For names: `cargo run -p booked-model -- --help`.
    #[arg(long, value_name = "GUARD")]
    without: Option<String>,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.05..=10_000.0).contains(&minutes) => Ok(minutes),
        _ => Err("expected a number from 0.05 to 10000".to_owned()),
    }
}

impl ChaosArgs {
    /// Succeeds if nothing wrong was found.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let options = ChaosOptions {
            seed: self.seed.unwrap_or_else(|| rand::rng().random()),
            length: Duration::from_secs_f64(self.minutes * 60.0),
            hold: Duration::from_millis(self.hold_ms),
            buyers: self.buyers,
            without: self.without,
        };
        let binaries = match options.without {
            None => Binaries::build()?,
            // Only programs that are built for tests can skip guards.
            Some(_) => Binaries::build_for_tests()?,
        };
        let mut folder = RunFolder::create("chaos")?;
        folder.is_kept = true;
        let logs = folder.path.join("logs");
        say(&format!("seed {}; logs, kept if something is wrong, are in {}", options.seed, logs.display()));
        let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
        let verdict = runtime.block_on(run(&options, &binaries, &folder.path, warn))?;
        if let Some(path) = &self.history {
            write(&verdict, path).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        folder.is_kept = !verdict.has_passed();
        say(&verdict.to_string());
        Ok(exit_code(verdict.has_passed()))
    }
}

fn write(verdict: &Verdict, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    verdict.history.iter().try_for_each(|line| history::write(&mut file, line))?;
    Ok(file.flush()?)
}
