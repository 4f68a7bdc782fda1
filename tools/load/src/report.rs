//! What a run found, for people and for programs.

use std::{collections::BTreeMap, time::Duration};

use booked_plots::figures::ratio;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{
    meter::{Interval, Operation, Tally, Totals, Verdict},
    options::Arrival,
    run::RunSummary,
    scenario::expectation::Expectation,
};

/// Each half of the calls that are left has this many points in a distribution.
const STEPS_A_HALF: u32 = 5;

#[derive(Debug, Serialize)]
pub struct Report {
    pub scenario: String,
    pub url: String,
    pub seed: u64,
    pub arrival: Arrival,
    pub began_unix_time: u64,
    /// Without the warm-up.
    pub measured_s: f64,
    /// Whether someone ended it before its time.
    pub ended_early: bool,
    pub iterations: IterationReport,
    /// All calls together.
    pub all: OperationReport,
    pub operations: Vec<OperationReport>,
    /// By second. Calls that end after the last second are in a further row.
    pub series: Vec<Second>,
    /// What must be true afterwards.
    pub expectations: Vec<Expectation>,
}

#[derive(Debug, Serialize)]
pub struct IterationReport {
    /// Including the warm-up.
    pub started: u64,
    /// They arrived while too many were open.
    pub not_started: u64,
    /// They were still open when the grace period after the end was over.
    pub cut_short: usize,
    /// How late they began, which is not the gateway's fault. More than a few milliseconds mean that this machine is
    /// too slow.
    pub lateness_us: Spread,
}

/// What was measured for one operation.
#[derive(Debug, Serialize)]
pub struct OperationReport {
    pub name: &'static str,
    pub calls: u64,
    /// Calls per second.
    pub per_s: f64,
    pub ok: u64,
    /// Refused as expected.
    pub refused: u64,
    /// Nothing was done because there was too much to do.
    pub busy: u64,
    /// Anything else.
    pub errors: u64,
    /// How often calls were sent again with their idempotency key. Each counts once, with what came of it in the end.
    pub repeats: u64,
    /// Calls whose answer is that to an earlier request with their key.
    pub replayed: u64,
    pub outcomes: Vec<OutcomeCount>,
    /// From when a call was meant to start until its answer.
    pub latency_us: Spread,
    /// From when it was sent until its answer.
    pub service_us: Spread,
    pub distribution: Vec<Point>,
}

#[derive(Debug, Serialize)]
pub struct OutcomeCount {
    /// `ok`, status and code, or the cause of an unknown outcome.
    pub outcome: String,
    pub verdict: Verdict,
    pub count: u64,
}

/// In microseconds; 0 if there are none.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    pub min: u64,
    pub mean: f64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p999: u64,
    pub max: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// This share of the calls …
    pub share: f64,
    /// … took at most this long.
    pub at_most_us: u64,
}

#[derive(Debug, Serialize)]
pub struct Second {
    /// From 0, the first one that is measured.
    pub second: u64,
    /// How long it actually was.
    pub length_s: f64,
    /// Calls that ended in it.
    pub calls: BTreeMap<Operation, u64>,
    /// Of these calls.
    pub ok: u64,
    pub refused: u64,
    pub busy: u64,
    pub errors: u64,
    /// Iterations that could not begin.
    pub not_started: u64,
    pub latency_us: Spread,
}

impl Report {
    /// Unexpected answers, and expectations that do not hold.
    #[must_use]
    pub fn failures(&self) -> u64 {
        let broken = self.expectations.iter().filter(|expectation| !expectation.holds).count();
        self.all.errors.saturating_add(u64::try_from(broken).unwrap_or(u64::MAX))
    }
}

impl IterationReport {
    pub(crate) fn new(summary: &RunSummary, totals: &Totals) -> Self {
        Self {
            started: summary.started,
            not_started: totals.not_started,
            cut_short: summary.cut_short,
            lateness_us: Spread::of(&totals.lateness),
        }
    }
}

impl OperationReport {
    pub(crate) fn new(name: &'static str, tally: &Tally, measured: Duration) -> Self {
        let ok = OutcomeCount { outcome: "ok".to_owned(), verdict: Verdict::Ok, count: tally.ok };
        let others = tally.others.iter().map(|((verdict, outcome), count)| OutcomeCount {
            outcome: outcome.clone(),
            verdict: *verdict,
            count: *count,
        });
        let outcomes: Vec<OutcomeCount> =
            std::iter::once(ok).chain(others).filter(|outcome| outcome.count > 0).collect();
        let sum = |verdict| outcomes.iter().filter(|it| it.verdict == verdict).map(|it| it.count).sum();
        Self {
            name,
            calls: tally.latency.len(),
            per_s: ratio(tally.latency.len(), measured.as_secs_f64()),
            ok: sum(Verdict::Ok),
            refused: sum(Verdict::Refused),
            busy: sum(Verdict::Busy),
            errors: sum(Verdict::Error),
            repeats: tally.repeats,
            replayed: tally.replayed,
            outcomes,
            latency_us: Spread::of(&tally.latency),
            service_us: Spread::of(&tally.service),
            distribution: distribution(&tally.latency),
        }
    }
}

impl Second {
    pub(crate) fn new(second: u64, length: Duration, interval: &Interval) -> Self {
        let verdict = |verdict| interval.verdicts.get(&verdict).copied().unwrap_or_default();
        Self {
            second,
            length_s: length.as_secs_f64(),
            calls: interval.calls.clone(),
            ok: verdict(Verdict::Ok),
            refused: verdict(Verdict::Refused),
            busy: verdict(Verdict::Busy),
            errors: verdict(Verdict::Error),
            not_started: interval.not_started,
            latency_us: Spread::of(&interval.latency),
        }
    }

    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    #[must_use]
    pub fn per_s(&self, calls: u64) -> f64 {
        ratio(calls, self.length_s)
    }
}

impl Spread {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        // The histogram rounds up, but nothing took longer than the maximum.
        let at = |quantile| histogram.value_at_quantile(quantile).min(histogram.max());
        Self {
            min: histogram.min(),
            mean: histogram.mean(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max(),
        }
    }
}

fn distribution(histogram: &Histogram<u64>) -> Vec<Point> {
    let points = histogram.iter_quantiles(STEPS_A_HALF);
    points.map(|it| Point { share: it.quantile_iterated_to(), at_most_us: it.value_iterated_to() }).collect()
}
