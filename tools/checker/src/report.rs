//! What was found, for people ([`std::fmt::Display`]) and for programs (serde).

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// How many findings of one rule are shown in full; the others are counted.
const FINDINGS_SHOWN_MAX: usize = 20;

/// What all rules found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether there are no findings.
    pub valid: bool,
    pub rules: Vec<RuleReport>,
}

/// What one rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    pub number: u8,
    /// What must hold.
    pub title: &'static str,
    /// How much was checked, by what it is.
    pub checked: BTreeMap<&'static str, u64>,
    /// How many findings there are.
    pub found: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
    /// What could not be judged: why, and how often.
    pub unchecked: BTreeMap<String, u64>,
}

/// A violation of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub what: String,
    /// The calls and rows that show it.
    pub shown_by: Vec<String>,
}

impl Report {
    pub(crate) fn of(rules: Vec<RuleReport>) -> Self {
        Self { valid: rules.iter().all(|rule| rule.found == 0), rules }
    }

    #[must_use]
    pub fn found(&self) -> u64 {
        self.rules.iter().map(|rule| rule.found).sum()
    }
}

impl RuleReport {
    pub(crate) fn checked(&mut self, count: usize, what: &'static str) {
        *self.checked.entry(what).or_default() += u64::try_from(count).unwrap_or(u64::MAX);
    }

    pub(crate) fn violation(&mut self, what: String, shown_by: impl IntoIterator<Item = String>) {
        self.found += 1;
        if self.findings.len() < FINDINGS_SHOWN_MAX {
            self.findings.push(Finding { what, shown_by: shown_by.into_iter().collect() });
        }
    }

    pub(crate) fn unchecked(&mut self, why: impl Into<String>) {
        *self.unchecked.entry(why.into()).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            writeln!(f, "{rule}")?;
        }
        if self.valid {
            return write!(f, "Valid: nothing wrong was found.");
        }
        let violated = self.rules.iter().filter(|rule| rule.found > 0).count();
        write!(f, "INVALID: {} in {}.", counted(self.found(), "finding"), counted(violated, "rule"))
    }
}

impl fmt::Display for RuleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.found > 0 {
            "BROKEN"
        } else if self.checked.values().all(|count| *count == 0) {
            "-"
        } else {
            "ok"
        };
        writeln!(f, "{mark:>6}  {}. {}", self.number, self.title)?;
        let checked: Vec<String> =
            self.checked.iter().map(|(what, count)| format!("{count} {what}")).collect();
        if !checked.is_empty() {
            writeln!(f, "          checked: {}", checked.join(", "))?;
        }
        for finding in &self.findings {
            writeln!(f, "        ! {}", finding.what)?;
            for line in &finding.shown_by {
                writeln!(f, "            {line}")?;
            }
        }
        let hidden = self.found - u64::try_from(self.findings.len()).unwrap_or_default();
        if hidden > 0 {
            writeln!(f, "        ! and {hidden} more")?;
        }
        for (why, count) in &self.unchecked {
            match count {
                1 => writeln!(f, "        ? not judged: {why}")?,
                _ => writeln!(f, "        ? not judged ({count} times): {why}")?,
            }
        }
        Ok(())
    }
}

fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{plural}")
}
