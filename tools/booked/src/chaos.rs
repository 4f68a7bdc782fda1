//! The command `chaos`.

use std::{
    fs::{self, File},
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

#[derive(Args)]
pub(crate) struct ChaosArgs {
    /// How long faults are injected, in minutes.
    #[arg(long, default_value_t = 1.0, value_name = "MINUTES", value_parser = minutes)]
    minutes: f64,
    /// Repeats a schedule of faults; a new one where it is not given.
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// How long a reserved seat is held, in milliseconds.
    #[arg(long, default_value_t = 1_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(100..=60_000))]
    hold_ms: u64,
    /// Buyers at a time.
    #[arg(long, default_value_t = 24, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    buyers: u32,
    /// Where to write what the buyers saw, for `booked verify`.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// A guard of the protocol to do without: the run must then be found wrong. Names: `cargo run -p booked-model -- --help`.
    #[arg(long, value_name = "GUARD")]
    without: Option<String>,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.05..=10_000.0).contains(&minutes) => Ok(minutes),
        _ => Err("is no number of minutes from 0.05 to 10000".to_owned()),
    }
}

impl ChaosArgs {
    /// Success where nothing wrong was found.
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
            // Guards can be switched off in what tests run only.
            Some(_) => Binaries::build_for_tests()?,
        };
        let folder = std::env::temp_dir().join(format!("booked-chaos-{}", std::process::id()));
        say(&format!(
            "seed {}; logs, kept where something is wrong, in {}",
            options.seed,
            folder.join("logs").display()
        ));
        let runtime = tokio::runtime::Runtime::new().context("there is no runtime to be had")?;
        let verdict = runtime.block_on(run(&options, &binaries, &folder, warn))?;
        if let Some(path) = &self.history {
            write(&verdict, path).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if verdict.is_right()
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            warn(&format!("{} cannot be removed: {error}", folder.display()));
        }
        say(&verdict.to_string());
        Ok(if verdict.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn write(verdict: &Verdict, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    verdict.history.iter().try_for_each(|line| history::write(&mut file, line))?;
    Ok(file.flush()?)
}
