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

    /// How many calls were sent more than once with one key.
    #[must_use]
    pub fn sent_again(&self) -> usize {
        let is_again = |line: &&Line| match line {
            Line::Call(call) => call.keyed.as_ref().is_some_and(|keyed| !keyed.tries.is_empty()),
            Line::Settings(_) | Line::Fault(_) => false,
        };
        self.history.iter().filter(is_again).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.report)?;
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let calls = self.history.iter().filter(|line| matches!(line, Line::Call(_))).count();
        let again = self.sent_again();
        let found = self.report.found() + u64::try_from(self.failures.len()).unwrap_or(u64::MAX);
        let (seed, faults) = (self.seed, self.faults);
        write!(
            f,
            "{faults} faults injected, {calls} calls made, {again} of them sent again with their key, {found} violations found \
             (seed {seed})"
        )
    }
}
