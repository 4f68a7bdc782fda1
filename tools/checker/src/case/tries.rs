//! Calls whose key Valkey may have lost between two requests: then each request is a call of its own, since any of them may have been
//! carried out.

use crate::history::{Call, Fault, Keyed, Line, Try};

pub(crate) fn faults(history: &[Line]) -> Vec<&Fault> {
    let faults = history.iter().filter_map(|line| match line {
        Line::Fault(fault) => Some(fault),
        Line::Call(_) | Line::Settings(_) => None,
    });
    faults.collect()
}

/// The requests of those calls, each as a call without a key.
pub(crate) fn on_their_own(history: &[Line]) -> Vec<Call> {
    let faults = faults(history);
    let calls = history.iter().filter_map(|line| match line {
        Line::Call(call) if key_may_be_lost(call, &faults) => Some(call),
        _ => None,
    });
    calls.flat_map(requests).collect()
}

/// Whether Valkey has the key and may have lost it before the last request was answered, or before a request without an answer
/// was carried out, whenever that was.
pub(crate) fn key_may_be_lost(call: &Call, faults: &[&Fault]) -> bool {
    let Some(Keyed { tries, .. }) = &call.keyed else { return false };
    if tries.is_empty() || !call.op.is_kept_by_valkey() {
        return false;
    }
    let ended_us = |one: &Try| if one.outcome.is_unknown() { u64::MAX } else { one.ended_us };
    let until_us = tries.iter().map(ended_us).max().unwrap_or(call.ended_us);
    faults.iter().any(|fault| {
        fault.valkey_may_lose_writes && fault.began_us <= until_us && fault.ended_us >= call.sent_us
    })
}

fn requests(call: &Call) -> impl Iterator<Item = Call> + '_ {
    call.keyed.iter().flat_map(|keyed| &keyed.tries).map(|one| Call {
        user: call.user,
        sent_us: one.sent_us,
        ended_us: one.ended_us,
        op: call.op.clone(),
        outcome: one.outcome.clone(),
        keyed: None,
    })
}
