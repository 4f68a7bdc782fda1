//! The result of a run.

use std::fmt;

use booked_checker::{Report, history::Line};

pub struct Verdict {
    /// Repeats the schedule.
    pub seed: u64,
    /// How many were injected.
    pub faults: usize,
    /// All calls of the buyers and the admin, and all faults.
    pub history: Vec<Line>,
    /// What did not recover: processes that exited, a system that did not sell again.
    pub failures: Vec<String>,
    /// Of the checker.
    pub report: Report,
}

impl Verdict {
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.report.valid && self.failures.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.report)?;
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let calls = self.history.iter().filter(|line| matches!(line, Line::Call(_))).count();
        let found = self.report.found() + u64::try_from(self.failures.len()).unwrap_or(u64::MAX);
        let (seed, faults) = (self.seed, self.faults);
        write!(f, "{faults} faults injected, {calls} calls made, {found} violations found (seed {seed})")
    }
}
