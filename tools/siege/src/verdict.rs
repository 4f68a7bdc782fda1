//! The result of a siege, for people and for programs.

use std::fmt;

use booked_checker::Report;
use serde_json::{Value, json};

use super::{goal::Goal, report::AttackReport};

pub struct SiegeVerdict {
    pub attacks: Vec<AttackReport>,
    /// Processes that crashed.
    pub failures: Vec<String>,
    /// Of the checker, at the end.
    pub report: Report,
}

impl SiegeVerdict {
    /// Whether all goals are met, and nothing wrong was found.
    #[must_use]
    pub fn has_met_goals(&self) -> bool {
        self.has_passed() && self.goals().all(|goal| goal.is_met)
    }

    /// Whether nothing wrong was found, however slow it was.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.report.valid && self.failures.is_empty()
    }

    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "met": self.has_met_goals(),
            "attacks": self.attacks.iter().map(AttackReport::to_json).collect::<Vec<_>>(),
            "failures": self.failures,
            "verify": self.report,
        })
    }

    fn goals(&self) -> impl Iterator<Item = Goal> {
        self.attacks.iter().flat_map(AttackReport::goals)
    }
}

impl fmt::Display for SiegeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attack in &self.attacks {
            writeln!(f, "{attack}")?;
        }
        writeln!(f, "{}", self.report)?;
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        let (goals, met) = (self.goals().count(), self.goals().filter(|goal| goal.is_met).count());
        let found = self.report.found() + u64::try_from(self.failures.len()).unwrap_or(u64::MAX);
        write!(f, "{} attacks, {met} of {goals} goals met, {found} violations found", self.attacks.len())
    }
}
