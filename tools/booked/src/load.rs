//! `cargo booked load`: drives a gateway, and shows what it answered.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitCode, exit},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use booked_load::{
    AccountOptions, Arrival, CancellationToken, LogIn, Mix, Options, Progress, Report, SaleOptions,
    ScenarioName, Second, client::Timeouts,
};
use booked_local_system::{admin_password_in, say, warn};
use clap::{Args, builder::RangedU64ValueParser};
use indicatif::{ProgressBar, ProgressStyle};

use crate::admin_password::AdminPasswordArgs;

/// What a shell says of a program that ended by Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;
/// The file for standard output.
const STANDARD_OUTPUT: &str = "-";

#[derive(Args)]
pub(crate) struct LoadArgs {
    /// What the clients do: onsale, browse, checkout, cancel-storm, login-storm or mixed.
    #[arg(value_name = "SCENARIO", required_unless_present = "self_test")]
    scenario: Option<ScenarioName>,
    /// The gateway.
    #[arg(long, env = "BOOKED_URL", default_value = "http://localhost:8080", value_name = "URL")]
    url: String,
    /// Email of the admin.
    #[arg(long, env = "BOOKED_ADMIN_EMAIL", default_value = "admin@booked.local", value_name = "EMAIL")]
    admin_email: String,
    #[command(flatten)]
    admin_password: AdminPasswordArgs,
    /// Folder of `cargo up`; the accounts' tokens are kept there too.
    #[arg(long, env = "BOOKED_DATA_DIR", default_value = ".booked", value_name = "FOLDER")]
    data_dir: PathBuf,

    /// Iterations that begin each second, on average, however slow the answers are.
    #[arg(long, default_value_t = 100.0, value_name = "ITERATIONS")]
    rate: f64,
    /// Iterations that are open at once, at most; those that arrive beyond that are counted and not started.
    #[arg(long, default_value_t = 10_000, value_name = "ITERATIONS", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    open_max: usize,
    /// Instead of arriving at a rate, so many clients begin again whenever they are through (see --users).
    #[arg(long)]
    closed: bool,
    /// Clients at a time, with --closed.
    #[arg(long, default_value_t = 50, value_name = "CLIENTS", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    users: usize,
    /// How long it is measured.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// How long clients arrive before anything is measured, in seconds.
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=3_600))]
    warm_up: u64,
    /// Makes arrivals and choices the same again.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// How long a client waits for an answer, in milliseconds.
    #[arg(long, default_value_t = 30_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    timeout_ms: u64,

    /// Accounts that the clients use. They are made once; if more iterations are open, they share. One
    /// account holds no more than HOLDS_PER_USER_MAX seats of an event, abandoned ones among them: take more, or raise that.
    #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    accounts: usize,
    /// What the emails of the accounts begin with.
    #[arg(long, default_value = "load", value_name = "PREFIX")]
    accounts_prefix: String,
    /// Password of the accounts.
    #[arg(
        long,
        env = "BOOKED_LOAD_PASSWORD",
        hide_env_values = true,
        default_value = "correct horse",
        value_name = "PASSWORD"
    )]
    accounts_password: String,

    /// Seats of the event that goes on sale in onsale.
    #[arg(long, default_value_t = 1_000, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seats: u32,
    /// Each buyer buys one seat up to so many.
    #[arg(long, default_value_t = 4, value_name = "SEATS", value_parser = clap::value_parser!(u32).range(1..=100))]
    seats_each: u32,
    /// How long a buyer thinks on average, in milliseconds; without it 500 in onsale, else not at all.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    think_ms: Option<u64>,
    /// Share of those who reserve and never book in onsale, from 0 to 1.
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", value_parser = share)]
    abandon: f64,
    /// Events that browse finds at least.
    #[arg(long, default_value_t = 30, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100))]
    events: u32,
    /// Share of the log-ins with a wrong password in login-storm, from 0 to 1.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = share)]
    wrong_passwords: f64,
    /// Weights of what mixed is made of [default: browse=70,onsale=15,checkout=10,cancel-storm=4,login-storm=1].
    #[arg(long, value_name = "SCENARIO=WEIGHT,…")]
    mix: Option<Mix>,
    /// Deletes the events that were made, at the end.
    #[arg(long)]
    clean_up: bool,

    /// Writes the report as JSON to this file, or to standard output where it is `-`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the report as a page with plots to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Appends the calls to this file, for `cargo booked verify`. What these accounts do in between without it, verify
    /// cannot know: give such a run another --accounts-prefix.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// So many unexpected answers and broken expectations are put up with.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    max_errors: u64,
    /// Instead of a gateway, drives a server that does nothing, to see what the load kit itself can do.
    #[arg(long, conflicts_with = "scenario")]
    self_test: bool,
}

impl LoadArgs {
    pub(crate) fn run(self) -> Result<ExitCode> {
        ensure!(self.rate.is_finite() && self.rate > 0.0, "--rate must be more than 0");
        let stop = end_on_ctrl_c()?;
        let display = Display::on_standard_error();
        let (listener, shown) = (display.listener(), display.clone());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (arrival, duration) = (self.arrival(), Duration::from_secs(self.seconds));
        if self.self_test {
            let test = runtime.block_on(booked_load::self_test(arrival, duration, listener, &stop));
            shown.finish();
            let test = test?;
            self.show(&test.report)?;
            let (own, server) = (test.cpu_us_a_call, test.server_cpu_us_a_call);
            say(&format!(
                "Processor time a call: {own:.1} µs of the load kit, {server:.1} µs of the server."
            ));
            return Ok(self.verdict(&test.report));
        }
        let options = self.options(arrival, duration)?;
        let report = runtime.block_on(booked_load::load(&options, listener, &stop));
        shown.finish();
        let report = report?;
        self.show(&report)?;
        Ok(self.verdict(&report))
    }

    fn arrival(&self) -> Arrival {
        match self.closed {
            true => Arrival::Closed { users: self.users },
            false => Arrival::Open { rate_per_s: self.rate, open_max: self.open_max },
        }
    }

    fn options(&self, arrival: Arrival, duration: Duration) -> Result<Options> {
        let kept = || admin_password_in(&self.data_dir);
        let password = self.admin_password.read()?.or_else(kept);
        Ok(Options {
            url: self.url.clone(),
            scenario: self.scenario.context("a scenario is needed")?,
            arrival,
            duration,
            warm_up: Duration::from_secs(self.warm_up),
            seed: self.seed,
            timeouts: Timeouts { response: Duration::from_millis(self.timeout_ms), ..Timeouts::default() },
            admin: password.map(|password| LogIn { email: self.admin_email.clone(), password }),
            accounts: AccountOptions {
                count: self.accounts,
                prefix: self.accounts_prefix.clone(),
                password: self.accounts_password.clone(),
                concurrency: std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2),
                tokens: Some(self.data_dir.join("load").join("tokens.json")),
            },
            sale: SaleOptions {
                seats: self.seats,
                count_max: self.seats_each,
                think: self.think_ms.map(Duration::from_millis),
                abandon_share: self.abandon,
            },
            events: self.events,
            wrong_password_share: self.wrong_passwords,
            mix: self.mix.clone().unwrap_or_default(),
            history: self.history.clone(),
            clean_up: self.clean_up,
        })
    }

    fn show(&self, report: &Report) -> Result<()> {
        if let Some(path) = &self.html {
            write(path, &booked_load::html(report))?;
        }
        let is_output = |path: &PathBuf| path.as_os_str() == STANDARD_OUTPUT;
        // Whoever wants JSON on standard output wants nothing else there.
        let table = booked_load::table(report);
        if self.json.as_ref().is_some_and(is_output) {
            warn(&table)
        } else {
            say(&table)
        }
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(report)?;
            if is_output(path) { say(&json) } else { write(path, &json)? }
        }
        Ok(())
    }

    fn verdict(&self, report: &Report) -> ExitCode {
        if report.failures() > self.max_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "is not from 0 to 1".to_owned())
}

/// The first Ctrl-C ends the run, which still reports; another one ends us at once.
fn end_on_ctrl_c() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let first = stop.clone();
    ctrlc::set_handler(move || {
        if first.is_cancelled() {
            exit(EXIT_INTERRUPTED);
        }
        first.cancel();
    })
    .context("cannot catch Ctrl-C")?;
    Ok(stop)
}

/// What a person sees meanwhile: one moving line on a terminal, else a line for each step and second.
#[derive(Clone)]
struct Display(ProgressBar);

impl Display {
    fn on_standard_error() -> Self {
        // Hidden by itself where standard error is no terminal.
        let style = ProgressStyle::with_template("{spinner} {wide_bar} {pos}/{len} s  {msg}");
        let bar = ProgressBar::new(0).with_style(style.unwrap_or(ProgressStyle::default_bar()));
        Self(bar)
    }

    fn listener(&self) -> booked_load::OnProgress {
        let bar = self.0.clone();
        Arc::new(move |notice| match notice {
            Progress::Step(text) if bar.is_hidden() => warn(text),
            Progress::Step(text) => bar.set_message(text.to_owned()),
            Progress::Second { row, of, open } => {
                let text = line(row, open);
                if bar.is_hidden() {
                    warn(&format!("{:>4} s  {text}", row.second + 1));
                    return;
                }
                bar.set_length(of);
                bar.set_position(row.second + 1);
                bar.set_message(text);
            }
        })
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn line(row: &Second, open: usize) -> String {
    let ms = |us: u64| Duration::from_micros(us).as_secs_f64() * 1_000.0;
    let (p50, p99) = (ms(row.latency_us.p50), ms(row.latency_us.p99));
    let per_s = row.per_s(row.all_calls());
    let mut text = format!("{per_s:.0} calls/s  p50 {p50:.1} ms  p99 {p99:.1} ms  {open} open");
    for (name, count) in [("busy", row.busy), ("errors", row.errors), ("not started", row.not_started)] {
        if count > 0 {
            text.push_str(&format!("  {count} {name}"));
        }
    }
    text
}
