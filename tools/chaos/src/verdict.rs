//! What came of a run.

use std::fmt;

use booked_checker::{Report, history::Line};

/// What came of a run.
pub struct Verdict {
    /// The seed that repeats the schedule.
    pub seed: u64,
    /// Faults that were injected.
    pub faults: usize,
    /// Everything that the buyers and the admin asked, and all faults.
    pub history: Vec<Line>,
    /// What did not go on by itself: processes that ended, a system that did not recover.
    pub troubles: Vec<String>,
    /// What the checker says.
    pub report: Report,
}

impl Verdict {
    /// Nothing wrong was found.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.report.valid && self.troubles.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.report)?;
        for trouble in &self.troubles {
            writeln!(f, "{trouble}")?;
        }
        let calls = self.history.iter().filter(|line| matches!(line, Line::Call(_))).count();
        let found = self.report.found() + u64::try_from(self.troubles.len()).unwrap_or(u64::MAX);
        let (seed, faults) = (self.seed, self.faults);
        write!(f, "{faults} faults injected, {calls} calls made, {found} violations found (seed {seed})")
    }
}
