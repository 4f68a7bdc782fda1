//! Counts and times what the clients do, in total and for each second.
//!
//! Latency counts from when a call was meant to start, so that in an open loop a slow answer also counts against all
//! calls that had to wait behind it (coordinated omission). The service time counts from when the call was sent.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use booked_checker::history::Outcome;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Longer latencies count as this.
const LATENCY_MAX_US: u64 = 600_000_000;
const DIGITS: u8 = 3;
/// Fewer digits, since there is a histogram for each second.
const DIGITS_OF_A_SECOND: u8 = 2;

/// What a client requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `POST /user/login/`
    LogIn,
    /// `GET /event/`
    ListEvents,
    /// `GET /event/{id}/`
    ReadEvent,
    /// `POST /ticket/reserve/`
    Reserve,
    /// `POST /ticket/book/`
    Book,
    /// `POST /ticket/cancel/`
    Cancel,
}

impl Operation {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log-in",
            Self::ListEvents => "list-events",
            Self::ReadEvent => "read-event",
            Self::Reserve => "reserve",
            Self::Book => "book",
            Self::Cancel => "cancel",
        }
    }

    /// Whether it changes something for a user, so that it can have an idempotency key.
    pub(crate) fn takes_a_key(self) -> bool {
        match self {
            Self::Reserve | Self::Book | Self::Cancel => true,
            Self::LogIn | Self::ListEvents | Self::ReadEvent => false,
        }
    }
}

/// An outcome compared with what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    /// It was refused in a way that the scenario expects, for example because everything is sold.
    Refused,
    /// Nothing was done because there was too much to do: 503 or 429.
    Busy,
    /// Anything else: 5xx, no answer, a refusal that nothing explains.
    Error,
}

impl Verdict {
    /// `expected` are the codes that are expected besides success.
    pub(crate) fn of(outcome: &Outcome, expected: &[&str]) -> Self {
        match outcome {
            Outcome::Ok(_) => Self::Ok,
            Outcome::Fail { status: 503 | 429, .. } => Self::Busy,
            Outcome::Fail { code, .. } if expected.contains(&code.as_str()) => Self::Refused,
            Outcome::Fail { .. } | Outcome::Unknown { .. } => Self::Error,
        }
    }
}

pub(crate) struct Measured<'a> {
    pub(crate) operation: Operation,
    pub(crate) outcome: &'a Outcome,
    pub(crate) verdict: Verdict,
    /// From when it was meant to start.
    pub(crate) latency: Duration,
    /// From when it was sent first.
    pub(crate) service: Duration,
    /// How often it was sent again.
    pub(crate) repeats: usize,
    /// Whether its answer is that to an earlier request with its key.
    pub(crate) replayed: bool,
}

/// What was counted for one operation.
#[derive(Clone)]
pub(crate) struct Tally {
    pub(crate) ok: u64,
    /// All others, by what was seen instead.
    pub(crate) others: BTreeMap<(Verdict, String), u64>,
    /// How often calls were sent again with their key.
    pub(crate) repeats: u64,
    /// Calls whose answer is that to an earlier request.
    pub(crate) replayed: u64,
    pub(crate) latency: Histogram<u64>,
    pub(crate) service: Histogram<u64>,
}

#[derive(Clone)]
pub(crate) struct Interval {
    pub(crate) calls: BTreeMap<Operation, u64>,
    pub(crate) verdicts: BTreeMap<Verdict, u64>,
    pub(crate) not_started: u64,
    pub(crate) latency: Histogram<u64>,
}

/// Takes measurements from all threads concurrently.
pub(crate) struct Meter {
    shards: Vec<Mutex<Shard>>,
    empty: Shard,
    empty_tally: Tally,
}

#[derive(Clone)]
struct Shard {
    operations: BTreeMap<Operation, Tally>,
    interval: Interval,
    not_started: u64,
    /// How late iterations began, which is not the gateway's fault.
    lateness: Histogram<u64>,
}

pub(crate) struct Totals {
    pub(crate) operations: BTreeMap<Operation, Tally>,
    pub(crate) not_started: u64,
    pub(crate) lateness: Histogram<u64>,
}

impl Meter {
    pub(crate) fn new(threads: usize) -> anyhow::Result<Self> {
        let interval = Interval {
            calls: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            not_started: 0,
            latency: histogram(DIGITS_OF_A_SECOND)?,
        };
        let lateness = histogram(DIGITS_OF_A_SECOND)?;
        let empty = Shard { operations: BTreeMap::new(), interval, not_started: 0, lateness };
        let shards = (0..threads.max(1)).map(|_| Mutex::new(empty.clone())).collect();
        Ok(Self { shards, empty, empty_tally: Tally::empty()? })
    }

    /// `lane` spreads the callers, so that they rarely contend.
    pub(crate) fn record(&self, lane: usize, call: &Measured<'_>) {
        let mut shard = self.shard(lane);
        let latency_us = micros(call.latency);
        let interval = &mut shard.interval;
        *interval.calls.entry(call.operation).or_default() += 1;
        *interval.verdicts.entry(call.verdict).or_default() += 1;
        interval.latency.saturating_record(latency_us);
        shard.operations.entry(call.operation).or_insert_with(|| self.empty_tally.clone()).add(call);
    }

    /// An iteration began this late.
    pub(crate) fn started(&self, lane: usize, lateness: Duration) {
        self.shard(lane).lateness.saturating_record(micros(lateness));
    }

    /// An iteration could not begin because too many were open.
    pub(crate) fn not_started(&self, lane: usize) {
        let mut shard = self.shard(lane);
        shard.not_started += 1;
        shard.interval.not_started += 1;
    }

    /// What was counted since the last call.
    pub(crate) fn take_interval(&self) -> anyhow::Result<Interval> {
        let mut sum = self.empty.interval.clone();
        for lane in 0..self.shards.len() {
            let mut shard = self.shard(lane);
            let part = &mut shard.interval;
            add_counts(&mut sum.calls, std::mem::take(&mut part.calls));
            add_counts(&mut sum.verdicts, std::mem::take(&mut part.verdicts));
            sum.not_started += std::mem::take(&mut part.not_started);
            sum.latency.add(&part.latency)?;
            part.latency.reset();
        }
        Ok(sum)
    }

    pub(crate) fn totals(&self) -> anyhow::Result<Totals> {
        let mut sum =
            Totals { operations: BTreeMap::new(), not_started: 0, lateness: self.empty.lateness.clone() };
        for lane in 0..self.shards.len() {
            let shard = self.shard(lane);
            sum.not_started += shard.not_started;
            sum.lateness.add(&shard.lateness)?;
            for (operation, part) in &shard.operations {
                match sum.operations.get_mut(operation) {
                    Some(tally) => tally.merge(part)?,
                    None => drop(sum.operations.insert(*operation, part.clone())),
                }
            }
        }
        Ok(sum)
    }

    fn shard(&self, lane: usize) -> MutexGuard<'_, Shard> {
        self.shards[lane % self.shards.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    pub(crate) fn empty() -> anyhow::Result<Self> {
        let (latency, service) = (histogram(DIGITS)?, histogram(DIGITS)?);
        Ok(Self { ok: 0, others: BTreeMap::new(), repeats: 0, replayed: 0, latency, service })
    }

    fn add(&mut self, call: &Measured<'_>) {
        match call.outcome {
            Outcome::Ok(_) => self.ok += 1,
            Outcome::Fail { status, code } => {
                let seen = format!("{status} {code}").trim_end().to_owned();
                *self.others.entry((call.verdict, seen)).or_default() += 1;
            }
            Outcome::Unknown { cause } => *self.others.entry((call.verdict, cause.clone())).or_default() += 1,
        }
        self.repeats += u64::try_from(call.repeats).unwrap_or(u64::MAX);
        self.replayed += u64::from(call.replayed);
        self.latency.saturating_record(micros(call.latency));
        self.service.saturating_record(micros(call.service));
    }

    pub(crate) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.ok += other.ok;
        add_counts(&mut self.others, other.others.clone());
        self.latency.add(&other.latency)?;
        self.service.add(&other.service)?;
        Ok(())
    }
}

fn histogram(digits: u8) -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LATENCY_MAX_US, digits)?)
}

fn add_counts<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *to.entry(key).or_default() += count;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use booked_checker::history::Response;

    use super::*;

    #[test]
    fn what_many_threads_record_adds_up() {
        let meter = Meter::new(4).unwrap();
        std::thread::scope(|scope| {
            for lane in 0..4 {
                let meter = &meter;
                scope.spawn(move || {
                    for ms in 1..=1000 {
                        record(meter, lane, &Outcome::Ok(Response::Empty), ms);
                    }
                });
            }
        });
        let tally = &meter.totals().unwrap().operations[&Operation::Book];
        assert_eq!((tally.ok, tally.latency.len()), (4000, 4000));
        // Three digits: at most a thousandth off.
        assert!(tally.latency.value_at_quantile(0.99).abs_diff(990_000) <= 990);
        assert!(tally.latency.max().abs_diff(1_000_000) <= 1_000);
        assert!(tally.service.max() < 1_002);
    }

    #[test]
    fn a_second_is_taken_once_and_the_totals_stay() {
        let meter = Meter::new(2).unwrap();
        let refused = Outcome::Fail { status: 400, code: "TICKET-01".to_owned() };
        record(&meter, 0, &refused, 1);
        record(&meter, 1, &Outcome::Ok(Response::Empty), 2);
        meter.not_started(1);

        let first = meter.take_interval().unwrap();
        assert_eq!(first.calls[&Operation::Book], 2);
        assert_eq!(
            (first.verdicts[&Verdict::Refused], first.verdicts[&Verdict::Ok], first.not_started),
            (1, 1, 1)
        );
        let second = meter.take_interval().unwrap();
        assert!(second.calls.is_empty() && second.latency.is_empty());
        let totals = meter.totals().unwrap();
        assert_eq!(totals.not_started, 1);
        assert_eq!(
            totals.operations[&Operation::Book].others[&(Verdict::Refused, "400 TICKET-01".to_owned())],
            1
        );
    }

    #[test]
    fn only_what_a_scenario_expects_is_no_error() {
        let refused = |status, code: &str| Outcome::Fail { status, code: code.to_owned() };
        let verdict = |outcome: Outcome| Verdict::of(&outcome, &["TICKET-01"]);
        assert_eq!(verdict(Outcome::Ok(Response::Empty)), Verdict::Ok);
        assert_eq!(verdict(refused(400, "TICKET-01")), Verdict::Refused);
        assert_eq!(verdict(refused(400, "TICKET-02")), Verdict::Error);
        assert_eq!(verdict(refused(503, "SYS-07")), Verdict::Busy);
        assert_eq!(verdict(refused(429, "SYS-06")), Verdict::Busy);
        assert_eq!(verdict(Outcome::Unknown { cause: "504 SYS-08".to_owned() }), Verdict::Error);
    }

    fn record(meter: &Meter, lane: usize, outcome: &Outcome, ms: u64) {
        let verdict = Verdict::of(outcome, &["TICKET-01"]);
        let (latency, service) = (Duration::from_millis(ms), Duration::from_millis(1));
        let (operation, repeats, replayed) = (Operation::Book, 2, true);
        let call = Measured { operation, outcome, verdict, latency, service, repeats, replayed };
        meter.record(lane, &call);
    }
}
