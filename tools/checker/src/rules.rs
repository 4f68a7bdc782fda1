//! The rules, one in each file: a pure function of a case, which is the evidence with indices.

use crate::{
    case::{Case, on_their_own},
    evidence::Evidence,
    report::{Report, RuleReport},
};

mod abandoned;
mod acknowledged;
mod all_or_nothing;
mod analytics;
mod buyer_limit;
mod expiry;
mod holds;
mod keys;
mod owners;
mod seats;
mod suspects;
mod waitlist;

pub(crate) use self::suspects::suspect_events;

/// What must hold, and how that is judged.
type Rule = (&'static str, fn(&Case<'_>, &mut RuleReport));

const RULES: [Rule; 11] = [
    ("The owners of a seat never overlap in time", owners::judge),
    ("Every booking that was acknowledged is there", acknowledged::judge),
    ("Free + held + settling + sold = seats", seats::judge),
    ("Analytics equals the ledger at its cursor", analytics::judge),
    ("Nothing is booked after its hold has expired", expiry::judge),
    ("All or nothing", all_or_nothing::judge),
    ("The waitlist is notified in order", waitlist::judge),
    ("A hold can be booked until it expires, and belongs to one user", holds::judge),
    ("Abandoned seats become free again", abandoned::judge),
    ("Nobody has more of an event than one buyer may", buyer_limit::judge),
    ("What is sent again with its key is done once", keys::judge),
];

#[must_use]
pub fn judge(evidence: &Evidence) -> Report {
    let requests = on_their_own(&evidence.history);
    let case = Case::of(evidence, &requests);
    let reports = (1..).zip(RULES).map(|(number, (title, judge))| {
        let mut report = RuleReport { number, title, ..RuleReport::default() };
        judge(&case, &mut report);
        report
    });
    Report::of(reports.collect())
}
