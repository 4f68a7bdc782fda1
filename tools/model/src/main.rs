//! Checks the models in larger sizes than `cargo test` does, and shows the history that the lack of a guard leads to.

use std::{io::Write as _, process::ExitCode, time::Duration};

use booked_model::{
    Outcome,
    guards::{Guard, NOT_NEEDED},
    runs::{LARGE, Run, SMALL, without},
};
use clap::Parser;

/// Checks the protocol of booked as a model.
#[derive(Debug, Parser)]
struct Args {
    /// Only the sizes whose names begin with this.
    names: Vec<String>,
    /// The large sizes too, which take hours, and some of them many gigabytes.
    #[arg(long)]
    large: bool,
    /// Checks the protocol without this guard, and shows a history that violates a property.
    #[arg(long, value_name = "GUARD")]
    without: Option<Guard>,
    /// The time limit for each size, in seconds.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    limit_s: u64,
    /// How many threads explore.
    #[arg(long, default_value_t = 2, value_name = "COUNT")]
    threads: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let limit = Duration::from_secs(args.limit_s);
    if let Some(guard) = args.without {
        let (run, _) = without(guard);
        let outcome = run.plain().check(1, limit);
        report(&format!("without {guard:?}"), &outcome)?;
        return Ok(exit(outcome.violations.is_empty() == NOT_NEEDED.contains(&guard)));
    }
    let is_wanted = |name: &str| {
        args.names.is_empty() || args.names.iter().any(|wanted| name.starts_with(wanted.as_str()))
    };
    let large: &[(&str, Run)] = if args.large || !args.names.is_empty() { LARGE } else { &[] };
    let mut hold = true;
    for (name, run) in SMALL.iter().chain(large).filter(|(name, _)| is_wanted(name)) {
        let outcome = run.check(args.threads, limit);
        report(name, &outcome)?;
        hold &= outcome.violations.is_empty();
    }
    Ok(exit(hold))
}

fn exit(is_as_expected: bool) -> ExitCode {
    if is_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(name: &str, outcome: &Outcome) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let verdict = match (outcome.violations.is_empty(), outcome.is_exhaustive) {
        (false, _) => "VIOLATED",
        (true, true) => "holds",
        (true, false) => "holds as far as it was explored",
    };
    writeln!(out, "{name}: {verdict}; {} states, {:.1} s", outcome.states, outcome.took.as_secs_f32())?;
    for name in &outcome.unreached {
        writeln!(out, "  never reached: {name}")?;
    }
    for (property, history) in &outcome.violations {
        writeln!(out, "  violated: {property}\n{history}")?;
    }
    Ok(())
}
