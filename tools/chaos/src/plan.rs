//! Which faults are injected when. Only the seed determines this, so that the same seed gives the same schedule.

use std::{collections::BTreeMap, fmt, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// Between the beginnings of two faults, in milliseconds.
const GAP_MS: std::ops::Range<u64> = 100..1_500;
/// How long a fault lasts, in milliseconds: from less than every timeout to more than any of them.
const LASTS_MS: std::ops::Range<u64> = 100..4_000;
/// How long a target has no fault after one, so that it is working again when the next one comes.
const RECOVERS: Duration = Duration::from_millis(1_500);

/// Faults in the order in which they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// From the start of the run.
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A process is killed, and restarted after a while.
    Kill(String),
    /// A process is frozen for a while between two of its instructions.
    Pause(String),
    /// A process is stopped gracefully, and restarted at once.
    Restart(String),
    /// Valkey loses all its data, and goes on.
    FlushValkey,
    /// Valkey is killed, and restarted without data.
    KillValkey,
    /// All connections to Valkey are cut, and no new ones are accepted for a while.
    CutValkey,
    /// Nothing passes to or from Valkey for a while.
    StallValkey,
    /// Postgres is killed, and restarted with what was committed.
    KillPostgres,
    /// All connections to Postgres are cut, and no new ones are accepted for a while.
    CutPostgres,
    /// Nothing passes to or from Postgres for a while.
    StallPostgres,
    /// The next COMMIT does not arrive, and its connection is cut.
    LoseCommit,
    /// The next COMMIT arrives, and its connection is cut before the response.
    LoseCommitAnswer,
}

/// Faults of one target do not overlap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target<'a> {
    Process(&'a str),
    Valkey,
    Postgres,
}

impl Fault {
    fn target(&self) -> Target<'_> {
        match self {
            Self::Kill(process) | Self::Pause(process) | Self::Restart(process) => Target::Process(process),
            Self::FlushValkey | Self::KillValkey | Self::CutValkey | Self::StallValkey => Target::Valkey,
            Self::KillPostgres
            | Self::CutPostgres
            | Self::StallPostgres
            | Self::LoseCommit
            | Self::LoseCommitAnswer => Target::Postgres,
        }
    }

    /// Whether acknowledged holds may be lost.
    pub(crate) fn loses_holds(&self) -> bool {
        matches!(self, Self::FlushValkey | Self::KillValkey)
    }

    /// Faults that find more bugs are more likely.
    fn random(random: &mut StdRng, processes: &[String], may_lose_holds: bool) -> Self {
        let process = |random: &mut StdRng| processes.choose(random).cloned().unwrap_or_default();
        match random.random_range(if may_lose_holds { 0 } else { 2 }..20) {
            0 => Self::FlushValkey,
            1 => Self::KillValkey,
            2..6 => Self::Kill(process(random)),
            6..10 => Self::Pause(process(random)),
            10 => Self::Restart(process(random)),
            11 => Self::CutValkey,
            12 => Self::StallValkey,
            13 => Self::KillPostgres,
            14 => Self::CutPostgres,
            15 => Self::StallPostgres,
            16 | 17 => Self::LoseCommit,
            _ => Self::LoseCommitAnswer,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(process) => write!(f, "kill {process}"),
            Self::Pause(process) => write!(f, "pause {process}"),
            Self::Restart(process) => write!(f, "restart {process}"),
            Self::FlushValkey => f.write_str("flush Valkey"),
            Self::KillValkey => f.write_str("kill Valkey"),
            Self::CutValkey => f.write_str("cut all connections to Valkey"),
            Self::StallValkey => f.write_str("stall all connections to Valkey"),
            Self::KillPostgres => f.write_str("kill Postgres"),
            Self::CutPostgres => f.write_str("cut all connections to Postgres"),
            Self::StallPostgres => f.write_str("stall all connections to Postgres"),
            Self::LoseCommit => f.write_str("lose the next COMMIT"),
            Self::LoseCommitAnswer => f.write_str("lose the response to the next COMMIT"),
        }
    }
}

impl Plan {
    /// Faults of these processes, Postgres and Valkey, all of which end within `length`. A process that is listed twice has
    /// twice as many. Valkey loses data only in the second half.
    pub(crate) fn new(seed: u64, length: Duration, processes: &[String]) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut steps: Vec<Step> = Vec::new();
        let mut at = Duration::ZERO;
        loop {
            at += Duration::from_millis(random.random_range(GAP_MS));
            let lasts = Duration::from_millis(random.random_range(LASTS_MS));
            if at + lasts > length {
                return Self(steps);
            }
            // Until Valkey has lost data for the first time, every acknowledged hold must be valid.
            let fault = Fault::random(&mut random, processes, at * 2 > length);
            let busy_until: BTreeMap<Target<'_>, Duration> =
                steps.iter().map(|step| (step.fault.target(), step.at + step.lasts + RECOVERS)).collect();
            if busy_until.get(&fault.target()).is_none_or(|until| *until <= at) {
                steps.push(Step { at, lasts, fault });
            }
        }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn processes() -> Vec<String> {
        ["ticketing-1", "ticketing-2", "ticketing-3"].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_seed_repeats_the_schedule() {
        let plan = Plan::new(7, MINUTE, &processes());
        assert_eq!(plan, Plan::new(7, MINUTE, &processes()));
        assert_ne!(plan, Plan::new(8, MINUTE, &processes()));
    }

    #[test]
    fn every_kind_of_fault_is_injected_and_ends_in_time() {
        let plan = Plan::new(1, 30 * MINUTE, &processes());
        let kinds: std::collections::HashSet<_> =
            plan.steps().iter().map(|step| std::mem::discriminant(&step.fault)).collect();
        assert_eq!(kinds.len(), 12);
        assert!(plan.steps().iter().all(|step| step.at + step.lasts <= 30 * MINUTE));
    }

    #[test]
    fn faults_of_one_target_do_not_overlap() {
        let plan = Plan::new(2, 10 * MINUTE, &processes());
        let mut over = BTreeMap::new();
        for step in plan.steps() {
            let before = over.insert(step.fault.target(), step.at + step.lasts);
            assert!(before.is_none_or(|before| before < step.at), "{step:?}");
        }
    }
}
