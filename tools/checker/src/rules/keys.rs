//! Rule 11: what is sent again with its idempotency key is done once, and has the same answer each time, unless Valkey may have lost
//! the key together with what it names. (That a cancel has had its effect once is part of rule 6, for which a call with a key is one
//! call however often it was sent.)

use crate::{
    case::{Case, clock, describe, key_may_be_lost},
    history::{Call, Keyed, Line, Outcome, Try},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    for line in &case.evidence.history {
        let Line::Call(call) = line else { continue };
        let Some(keyed) = &call.keyed else { continue };
        report.checked(1, "calls with a key");
        if keyed.tries.is_empty() {
            continue;
        }
        report.checked(1, "calls that were sent again with their key");
        if key_may_be_lost(call, &case.faults) {
            report.unchecked("calls whose key Valkey may have lost between two requests");
        } else {
            sent_again(call, keyed, report);
        }
    }
}

fn sent_again(call: &Call, keyed: &Keyed, report: &mut RuleReport) {
    let is_done = |one: &&Try| matches!(one.outcome, Outcome::Ok(_));
    let done_us = keyed.tries.iter().filter(is_done).map(|one| one.ended_us).min();
    // Of what is refused Valkey keeps a limited number, so there may be a success after it.
    let counts = |one: &&Try| {
        let may_be_lost = call.op.is_kept_by_valkey() && done_us.is_none_or(|done| one.sent_us <= done);
        is_done(one) || (one.outcome.is_kept() && !may_be_lost)
    };
    let kept: Vec<&Try> = keyed.tries.iter().filter(counts).collect();
    let Some((first, others)) = kept.split_first() else { return };
    let shown = || std::iter::once(describe(call)).chain(keyed.tries.iter().map(request));
    if others.iter().any(|other| other.outcome != first.outcome) {
        let what = format!("requests with key {} had different answers", keyed.key);
        return report.violation(what, shown());
    }
    // Of a refusal it makes no difference.
    let done = kept.iter().filter(|one| is_done(one) && !one.replayed).count();
    if done > 1 {
        let what = format!("{done} requests with key {} were done, not only the first", keyed.key);
        report.violation(what, shown());
    }
}

fn request(one: &Try) -> String {
    let Try { sent_us, ended_us, outcome, replayed } = one;
    let mark = if *replayed { ", replayed" } else { "" };
    format!("request sent {}, ended {}: {outcome:?}{mark}", clock(*sent_us), clock(*ended_us))
}
