//! `cargo booked load`: sends requests to a gateway, and reports the responses.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use booked_load::{
    AccountOptions, Arrival, LogIn, Mix, Options, Progress, Report, SaleOptions, ScenarioName, Second,
    client::Timeouts,
};
use booked_local_system::{admin_password_in, say, warn};
use clap::{Args, ValueEnum, builder::RangedU64ValueParser};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    admin_password::AdminPasswordArgs,
    interrupts::cancel_on_interrupt,
    outcome::{exit_code, write},
};

/// As the name of a file.
const STANDARD_OUTPUT: &str = "-";

#[derive(Args)]
pub(crate) struct LoadArgs {
    /// What the clients do: onsale, browse, checkout, cancel-storm, login-storm or mixed.
    #[arg(value_name = "SCENARIO", required_unless_present = "self_test")]
    scenario: Option<ScenarioName>,
    /// URL of the gateway.
    #[arg(long, env = "BOOKED_URL", default_value = "http://localhost:8080", value_name = "URL")]
    url: String,
    /// Email of the admin.
    #[arg(long, env = "BOOKED_ADMIN_EMAIL", default_value = "admin@booked.local", value_name = "EMAIL")]
    admin_email: String,
    #[command(flatten)]
    admin_password: AdminPasswordArgs,
    /// Data folder of `cargo up`; the tokens of the accounts are stored there too.
    #[arg(long, env = "BOOKED_DATA_DIR", default_value = ".booked", value_name = "FOLDER")]
    data_dir: PathBuf,

    /// Iterations that start each second, on average, however slow the responses are.
    #[arg(long, default_value_t = 100.0, value_name = "ITERATIONS")]
    rate: f64,
    /// Maximum number of open iterations; those that arrive above it are counted and not started.
    #[arg(long, default_value_t = 10_000, value_name = "ITERATIONS", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    open_max: usize,
    /// Instead of a rate of arrivals, a fixed number of clients, each of which starts an iteration after the other (see --users).
    #[arg(long)]
    closed: bool,
    /// Number of clients, with --closed.
    #[arg(long, default_value_t = 50, value_name = "CLIENTS", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    users: usize,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// How long clients arrive before the measurement starts, in seconds.
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=3_600))]
    warm_up: u64,
    /// The same seed gives the same arrivals and choices.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// How long a client waits for a response, in milliseconds.
    #[arg(long, default_value_t = 30_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    timeout_ms: u64,
    /// Whether reservations, bookings and cancels have an idempotency key. With a key they are sent again if the response was lost or
    /// says that nothing was done; without, they are sent once.
    #[arg(long, value_enum, default_value = "on", value_name = "on|off")]
    keys: Keys,

    /// Number of accounts. They are created once, and shared if more iterations are open. An account holds no more than
    /// HOLDS_PER_USER_MAX seats of an event, including abandoned ones: use more accounts, or raise that setting.
    #[arg(long, default_value_t = 100, value_name = "COUNT", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    accounts: usize,
    /// Prefix of the emails of the accounts.
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

    /// Seats of the event in onsale.
    #[arg(long, default_value_t = 1_000, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seats: u32,
    /// Maximum number of seats for each buyer.
    #[arg(long, default_value_t = 4, value_name = "SEATS", value_parser = clap::value_parser!(u32).range(1..=100))]
    seats_each: u32,
    /// Maximum number of tickets that one buyer may hold and have in onsale [default: no limit of the event].
    #[arg(long, value_name = "TICKETS", value_parser = clap::value_parser!(u32).range(1..=100))]
    max_per_buyer: Option<u32>,
    /// How long a buyer thinks, on average, in milliseconds [default: 500 in onsale, otherwise 0].
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    think_ms: Option<u64>,
    /// Share of buyers in onsale that reserve and never book, from 0 to 1.
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", value_parser = share)]
    abandon: f64,
    /// Minimum number of events for browse.
    #[arg(long, default_value_t = 30, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100))]
    events: u32,
    /// Share of log-ins in login-storm that have a wrong password, from 0 to 1.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = share)]
    wrong_passwords: f64,
    /// Weights of the scenarios in mixed [default: browse=70,onsale=15,checkout=10,cancel-storm=4,login-storm=1].
    #[arg(long, value_name = "SCENARIO=WEIGHT,…")]
    mix: Option<Mix>,
    /// Delete the created events at the end.
    #[arg(long)]
    clean_up: bool,

    /// Write the report as JSON to this file, or to standard output if it is `-`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as an HTML page with plots to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Append the calls to this file, for `cargo booked verify`. It must contain all calls of these accounts, so use another
    /// --accounts-prefix for runs without it.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// How many unexpected responses and failed checks are tolerated.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    max_errors: u64,
    /// Instead of a gateway, use a server that does nothing, to see what the load kit itself can do.
    #[arg(long, conflicts_with = "scenario")]
    self_test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Keys {
    On,
    Off,
}

impl LoadArgs {
    pub(crate) fn run(self) -> Result<ExitCode> {
        ensure!(self.rate.is_finite() && self.rate > 0.0, "--rate must be greater than 0");
        let stop = cancel_on_interrupt()?;
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
                "Processor time per call: {own:.1} µs of the load kit, {server:.1} µs of the server."
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
        let stored = || admin_password_in(&self.data_dir);
        let password = self.admin_password.read()?.or_else(stored);
        Ok(Options {
            url: self.url.clone(),
            scenario: self.scenario.context("a scenario is required")?,
            arrival,
            duration,
            warm_up: Duration::from_secs(self.warm_up),
            seed: self.seed,
            timeouts: Timeouts { response: Duration::from_millis(self.timeout_ms), ..Timeouts::default() },
            keys: self.keys == Keys::On,
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
                max_per_buyer: self.max_per_buyer,
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
        // If JSON goes to standard output, nothing else may.
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
        exit_code(report.failures() <= self.max_errors)
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

/// What a person sees during a run: one moving line on a terminal, otherwise a line for each step and second.
#[derive(Clone)]
struct Display(ProgressBar);

impl Display {
    fn on_standard_error() -> Self {
        // It is hidden if standard error is not a terminal.
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
