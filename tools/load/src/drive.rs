//! Starts iterations: at times that do not depend on answers (open loop), or each after the previous one (closed loop).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{runtime::Handle, sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    arrivals::Arrivals,
    options::Arrival,
    run::{Iteration, Run, RunSummary},
    scenario::Scenario,
};

/// How often a thread that waits for the next arrival checks whether the run is over.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How often it is checked whether the last iteration is over.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    /// How long iterations may continue after the end; longer than a call may take.
    pub(crate) grace: Duration,
    /// The same, if the run is ended early.
    pub(crate) grace_of_early_end: Duration,
}

/// Runs iterations until the end of the window or until `stop`, then waits for those that are open.
pub(crate) async fn drive(
    run: &Arc<Run>,
    scenario: &Arc<dyn Scenario>,
    arrival: Arrival,
    window: Window,
    stop: &CancellationToken,
) -> anyhow::Result<RunSummary> {
    let driver = Driver { run: Arc::clone(run), scenario: Arc::clone(scenario) };
    let started = Arc::new(AtomicU64::new(0));
    // Dropped when all arrivals of the window were started, which may be a little after its end.
    let (starting, mut all_started) = mpsc::channel::<()>(1);
    match arrival {
        Arrival::Closed { users } => {
            for _ in 0..users {
                tokio::spawn(driver.clone().repeat(Arc::clone(&started)));
            }
            drop(starting);
        }
        Arrival::Open { rate_per_s, open_max } => {
            let arrivals = Arrivals::new(rate_per_s, run.seed);
            let (started, runtime) = (Arc::clone(&started), Handle::current());
            let start_arrivals = move || {
                driver.start_arrivals(arrivals, window, open_max, &started, &runtime);
                drop(starting);
            };
            thread::Builder::new()
                .name("arrivals".to_owned())
                .spawn(start_arrivals)
                .context("cannot start a thread")?;
        }
    }
    let until_end = async {
        tokio::time::sleep_until(window.end.into()).await;
        all_started.recv().await;
    };
    tokio::select! {
        () = until_end => {}
        () = stop.cancelled() => {}
    }
    run.end();
    let over_at = Instant::now();
    let grace = if over_at < window.end { window.grace_of_early_end } else { window.grace };
    let _ = timeout(grace, drained(run)).await;
    let cut_short = run.open.load(Ordering::Relaxed);
    run.aborted.store(true, Ordering::Relaxed);
    let _ = timeout(window.grace, drained(run)).await;
    Ok(RunSummary { started: started.load(Ordering::Relaxed), cut_short, over_at })
}

async fn drained(run: &Run) {
    while run.open.load(Ordering::Relaxed) > 0 {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[derive(Clone)]
struct Driver {
    run: Arc<Run>,
    scenario: Arc<dyn Scenario>,
}

impl Driver {
    /// One iteration after the other.
    async fn repeat(self, started: Arc<AtomicU64>) {
        while !self.run.is_over() {
            let number = started.fetch_add(1, Ordering::Relaxed);
            let open = Open::new(&self.run);
            self.iteration(number, None).await;
            drop(open);
        }
    }

    /// Must run on a thread of its own, since a runtime's timers are a millisecond late.
    fn start_arrivals(
        &self,
        arrivals: Arrivals,
        window: Window,
        open_max: usize,
        started: &AtomicU64,
        runtime: &Handle,
    ) {
        for (after, number) in arrivals.zip(0..) {
            let due = window.begin + after;
            if due >= window.end || !self.sleep_until(due) {
                return;
            }
            if self.run.open.load(Ordering::Relaxed) >= open_max {
                if due >= self.run.measured_from {
                    self.run.meter.not_started(0);
                }
                continue;
            }
            started.fetch_add(1, Ordering::Relaxed);
            let (open, driver) = (Open::new(&self.run), self.clone());
            runtime.spawn(async move {
                driver.iteration(number, Some(due)).await;
                drop(open);
            });
        }
    }

    async fn iteration(&self, number: u64, due: Option<Instant>) {
        if let Some(due) = due.filter(|due| *due >= self.run.measured_from) {
            let lane = usize::try_from(number).unwrap_or_default();
            self.run.meter.started(lane, due.elapsed());
        }
        let mut iteration = Iteration::new(&self.run, number, due);
        let aborted = iteration.aborted();
        tokio::select! {
            () = self.scenario.iterate(&mut iteration) => {}
            () = aborted.notified() => {}
        }
    }

    /// False if the run was ended before.
    fn sleep_until(&self, due: Instant) -> bool {
        loop {
            if self.run.is_over() {
                return false;
            }
            match due.saturating_duration_since(Instant::now()) {
                Duration::ZERO => return true,
                pause => thread::sleep(pause.min(CHECK_INTERVAL)),
            }
        }
    }
}

/// Counts as an open iteration until it is dropped.
struct Open(Arc<Run>);

impl Open {
    fn new(run: &Arc<Run>) -> Self {
        run.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(run))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
