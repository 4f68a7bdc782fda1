//! The auditor's clock: a piece at each turn, by one replica at a time. What does not hold is counted and logged.

use std::time::Duration;

use booked_failure::Failure;
use booked_server::Lifecycle;
use opentelemetry::{KeyValue, metrics::Counter};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    domain::invariant::Invariant,
    usecases::{Audited, Auditor, Progress, audit_sales},
};

/// The lease outlasts this many turns.
const LEASE_TURNS: u32 = 3;

/// Starts the auditor, which rests so long between two turns.
pub fn start(auditor: Auditor, rest: Duration, holder: Uuid, lifecycle: &Lifecycle) {
    let violations = opentelemetry::global::meter("booked-ticketing")
        .u64_counter("booked_invariant_violations")
        .with_description("Times that something did not hold which must always hold")
        .build();
    // Shown before there is any, so that the first one is seen as a rise.
    for invariant in Invariant::ALL {
        count(&violations, invariant, 0);
    }
    let (ending, ledger) = (lifecycle.clone(), auditor.ledger.clone());
    lifecycle.spawn_drained(async move {
        tokio::select! {
            () = audit_for_ever(auditor, rest, holder, violations) => {}
            () = ending.ended() => {
                if let Err(error) = ledger.give_lease(holder).await {
                    tracing::debug!(%error, "the auditor's lease could not be given back");
                }
            }
        }
    });
}

async fn audit_for_ever(mut auditor: Auditor, rest: Duration, holder: Uuid, violations: Counter<u64>) {
    loop {
        sleep(rest).await;
        if let Err(error) = turn(&mut auditor, rest, holder, &violations).await {
            tracing::warn!(%error, "the auditor goes on at its next turn");
        }
    }
}

async fn turn(
    auditor: &mut Auditor,
    rest: Duration,
    holder: Uuid,
    violations: &Counter<u64>,
) -> Result<(), Failure> {
    if !auditor.ledger.take_lease(holder, rest * LEASE_TURNS).await? {
        // What was watched is too old when the lease comes back.
        auditor.progress = Progress::default();
        return Ok(());
    }
    let Audited { violations: found, failure } = audit_sales(auditor).await;
    for violation in found {
        tracing::error!(
            invariant = violation.invariant.name(),
            what = violation.what,
            "what must always hold does not hold"
        );
        count(violations, violation.invariant, 1);
    }
    failure.map_or(Ok(()), Err)
}

fn count(violations: &Counter<u64>, invariant: Invariant, times: u64) {
    violations.add(times, &[KeyValue::new("invariant", invariant.name())]);
}
