//! A run, from its preparation to its report.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Gateway, Recorder, Repeats, now_us},
    drive::{Window, drive},
    meter::{Meter, Tally},
    options::Options,
    progress::{OnProgress, Progress},
    report::{IterationReport, OperationReport, Report, Second},
    run::{Run, RunSummary},
    scenario::{Scenario, Setup, expectation::Expectation, prepare},
};

/// More than there are threads, so that these rarely contend.
const LANES: usize = 16;
/// How long an iteration may continue after the end, in addition to the response timeout.
const GRACE: Duration = Duration::from_secs(2);
/// Someone who ends a run early does not want to wait.
const GRACE_OF_EARLY_END: Duration = Duration::from_secs(5);
/// What most buyers would do who are told to try again.
const REPEATS: Repeats =
    Repeats { attempts_max: 5, pause: Duration::from_millis(250), patience: Duration::from_secs(10) };

/// Prepares what the scenario needs, runs it, compares the result with what was expected, and reports.
///
/// # Errors
///
/// Failures to prepare or record the run, but nothing that goes wrong in the run itself.
pub async fn load(
    options: &Options,
    on_progress: OnProgress,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let gateway = Gateway::new(&options.url, options.timeouts)?;
    let recorder = match &options.history {
        Some(path) => {
            Some(Recorder::append_to(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => None,
    };
    let handle = recorder.as_ref().map(Recorder::handle);
    let (admin, accounts) = (options.admin.clone(), options.accounts.clone());
    let setup = Setup::new(gateway, handle, on_progress, admin, accounts);
    let scenario = tokio::select! {
        prepared = prepare(&setup, options) => prepared.context("preparing the run")?,
        () = stop.cancelled() => bail!("ended before it began"),
    };
    let mut report = measure(options, &setup, scenario, stop).await?;
    if options.clean_up {
        setup.step("Deleting the events that were created");
        if let Err(error) = setup.clean_up().await {
            report.expectations.push(Expectation {
                what: "Events deleted".to_owned(),
                expected: "all".to_owned(),
                found: format!("{error:#}"),
                holds: false,
            });
        }
    }
    if let Some(recorder) = recorder {
        recorder.finish().await.context("the history is incomplete")?;
    }
    Ok(report)
}

pub(crate) async fn measure(
    options: &Options,
    setup: &Setup,
    scenario: Box<dyn Scenario>,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let scenario: Arc<dyn Scenario> = Arc::from(scenario);
    let repeats = options.keys.then_some(REPEATS);
    let patience = repeats.map_or(Duration::ZERO, |repeats| repeats.patience);
    let begin = Instant::now();
    let window = Window {
        begin,
        end: begin + options.warm_up + options.duration,
        grace: options.timeouts.response + patience + GRACE,
        grace_of_early_end: GRACE_OF_EARLY_END,
    };
    let run = Arc::new(Run {
        gateway: setup.gateway.clone(),
        meter: Meter::new(LANES)?,
        recorder: setup.recorder.clone(),
        repeats,
        seed: options.seed,
        measured_from: begin + options.warm_up,
        over: CancellationToken::new(),
        aborted: AtomicBool::new(false),
        open: AtomicUsize::new(0),
    });
    let began_unix_time = now_us() / 1_000_000;
    if !options.warm_up.is_zero() {
        setup.step("Warming up");
    }
    let mut clock = SecondClock::new(&run, &setup.on_progress, options.duration);
    let driving = drive(&run, &scenario, options.arrival, window, stop);
    let summary: RunSummary = tokio::select! {
        summary = driving => summary?,
        error = clock.tick_forever() => return Err(error),
    };
    clock.last()?;
    let measured_until = summary.over_at.min(window.end);
    let measured = measured_until.saturating_duration_since(run.measured_from);
    let expectations = scenario.expectations(setup).await;

    let totals = run.meter.totals()?;
    let mut all = Tally::empty()?;
    for tally in totals.operations.values() {
        all.merge(tally)?;
    }
    let of = |(operation, tally): (&crate::meter::Operation, &Tally)| {
        OperationReport::new(operation.as_str(), tally, measured)
    };
    Ok(Report {
        scenario: options.scenario.to_string(),
        url: options.url.clone(),
        seed: options.seed,
        arrival: options.arrival,
        began_unix_time,
        measured_s: measured.as_secs_f64(),
        ended_early: summary.over_at < window.end,
        iterations: IterationReport::new(&summary, &totals),
        all: OperationReport::new("all", &all, measured),
        operations: totals.operations.iter().map(of).collect(),
        series: clock.rows,
        expectations,
    })
}

/// Takes a row from the meter each second.
struct SecondClock<'a> {
    run: &'a Arc<Run>,
    on_progress: &'a OnProgress,
    seconds: u64,
    taken_last: Instant,
    rows: Vec<Second>,
}

impl<'a> SecondClock<'a> {
    fn new(run: &'a Arc<Run>, on_progress: &'a OnProgress, duration: Duration) -> Self {
        let taken_last = run.measured_from;
        Self { run, on_progress, seconds: duration.as_secs(), taken_last, rows: Vec::new() }
    }

    /// Returns only if there is an error.
    async fn tick_forever(&mut self) -> anyhow::Error {
        const SECOND: Duration = Duration::from_secs(1);
        let mut ticks = interval_at((self.run.measured_from + SECOND).into(), SECOND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.take() {
                return error;
            }
        }
    }

    fn take(&mut self) -> anyhow::Result<()> {
        let interval = self.run.meter.take_interval()?;
        let now = Instant::now();
        let length = now.saturating_duration_since(self.taken_last);
        self.taken_last = now;
        let number = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        let row = Second::new(number, length, &interval);
        let open = self.run.open.load(Ordering::Relaxed);
        (self.on_progress)(Progress::Second { row: &row, of: self.seconds, open });
        self.rows.push(row);
        Ok(())
    }

    /// Takes what came after the last full second.
    fn last(&mut self) -> anyhow::Result<()> {
        self.take()?;
        let is_empty = |row: &Second| row.all_calls() == 0 && row.not_started == 0;
        if self.rows.len() > 1 && self.rows.last().is_some_and(is_empty) {
            self.rows.pop();
        }
        Ok(())
    }
}
