//! The rules, one a file: each a pure function over a case, which is the evidence with indices.

use crate::{
    case::Case,
    evidence::Evidence,
    report::{Report, RuleReport},
};

mod owners;

/// A rule: what must hold, and how that is judged.
struct Rule {
    title: &'static str,
    judge: fn(&Case<'_>, &mut RuleReport),
}

const RULES: [Rule; 1] = [Rule { title: "the owners of a seat never overlap in time", judge: owners::judge }];

/// Applies all rules.
#[must_use]
pub fn judge(evidence: &Evidence) -> Report {
    let case = Case::of(evidence);
    let reports = (1..).zip(&RULES).map(|(number, rule)| {
        let mut report = RuleReport { number, title: rule.title, ..RuleReport::default() };
        (rule.judge)(&case, &mut report);
        report
    });
    Report::of(reports.collect())
}

/// The events in which the same looks wrong at every look.
pub(crate) fn events_to_look_at_again(_looks: &[crate::evidence::Look]) -> Vec<booked_ids::EventId> {
    Vec::new()
}
