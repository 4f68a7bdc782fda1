//! What a run found, as a person and as a program reads it.

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

/// The points of a distribution: halves of what is left, each in so many steps.
const STEPS_A_HALF: u32 = 5;

/// What a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What the clients did.
    pub scenario: String,
    /// The gateway.
    pub url: String,
    /// The seed of arrivals and choices.
    pub seed: u64,
    /// How the clients arrived.
    pub arrival: Arrival,
    /// When the run began, in Unix seconds.
    pub began_unix_time: u64,
    /// How long was measured, in seconds, without the warm-up.
    pub measured_s: f64,
    /// Whether somebody ended it before its time.
    pub ended_early: bool,
    /// What became of the iterations.
    pub iterations: IterationReport,
    /// All calls together.
    pub all: OperationReport,
    /// The calls by what they asked for.
    pub operations: Vec<OperationReport>,
    /// Second by second; what ends after the last one is in a further row.
    pub series: Vec<Second>,
    /// What must be true afterwards.
    pub expectations: Vec<Expectation>,
}

/// What became of the iterations.
#[derive(Debug, Serialize)]
pub struct IterationReport {
    /// They began, warm-up included.
    pub started: u64,
    /// They arrived while too many were open, and did not begin.
    pub not_started: u64,
    /// They were still open a while after the end.
    pub cut_short: usize,
    /// How late they began, by no fault of the gateway: more than a few milliseconds mean that this machine is too slow.
    pub lateness_us: Spread,
}

/// What was measured of one operation.
#[derive(Debug, Serialize)]
pub struct OperationReport {
    /// Which.
    pub name: &'static str,
    /// How many calls.
    pub calls: u64,
    /// How many of them a second.
    pub per_s: f64,
    /// Done.
    pub ok: u64,
    /// Refused, as was to be expected.
    pub refused: u64,
    /// Nothing was done, for there was too much to do.
    pub busy: u64,
    /// Anything else.
    pub errors: u64,
    /// By status and code, or what was seen instead.
    pub outcomes: Vec<OutcomeCount>,
    /// From when a call was meant to start to its answer.
    pub latency_us: Spread,
    /// From when it was sent to its answer.
    pub service_us: Spread,
    /// Latencies by share of the calls that were at most so slow.
    pub distribution: Vec<Point>,
}

/// How often an answer was seen.
#[derive(Debug, Serialize)]
pub struct OutcomeCount {
    /// `ok`, status and code, or the cause of an unknown outcome.
    pub outcome: String,
    /// How it stands to what was expected.
    pub verdict: Verdict,
    /// How often.
    pub count: u64,
}

/// Times in microseconds; 0 where there are none.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// The shortest.
    pub min: u64,
    /// On average.
    pub mean: f64,
    /// Half were at most this.
    pub p50: u64,
    /// 90% were at most this.
    pub p90: u64,
    /// 99% were at most this.
    pub p99: u64,
    /// 99.9% were at most this.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// A point of a distribution.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// This share of the calls...
    pub share: f64,
    /// ... took at most this, in microseconds.
    pub at_most_us: u64,
}

/// One second of a run.
#[derive(Debug, Serialize)]
pub struct Second {
    /// From 0, which is the first one that is measured.
    pub second: u64,
    /// How long it was in truth, in seconds.
    pub length_s: f64,
    /// Calls that ended in it.
    pub calls: BTreeMap<Operation, u64>,
    /// Of these, done.
    pub ok: u64,
    /// Of these, refused as expected.
    pub refused: u64,
    /// Of these, not done for there was too much to do.
    pub busy: u64,
    /// Of these, anything else.
    pub errors: u64,
    /// RunSummary that could not begin.
    pub not_started: u64,
    /// Latencies of the calls that ended in it.
    pub latency_us: Spread,
}

impl Report {
    /// Answers that nobody expects, and expectations that do not hold.
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

    /// All calls that ended in it.
    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls a second.
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
        // The histogram rounds up; nothing took longer than the longest.
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
