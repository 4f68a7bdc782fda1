//! What a system must be able to do without help when all faults are over.

use std::time::Duration;

use booked_checker::history::{Call, Op, Outcome, Response};
use tokio::time::{Instant, sleep};

use super::buyers::{Sale, created};

const SELLS_WITHIN: Duration = Duration::from_secs(30);
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Creates a new event, and reserves and books a seat of it; returns all calls that this took.
///
/// # Errors
///
/// If that does not succeed in time, with the last response.
pub(super) async fn sells_again(sale: &Sale) -> Result<Vec<Call>, String> {
    let (give_up, mut calls) = (Instant::now() + SELLS_WITHIN, Vec::new());
    loop {
        if sells(sale, &mut calls).await.is_some() {
            return Ok(calls);
        }
        if Instant::now() >= give_up {
            let last = calls.last().map(|call| format!("{:?}: {:?}", call.op, call.outcome));
            return Err(format!("it did not recover: {}", last.unwrap_or_default()));
        }
        sleep(RETRY_AFTER).await;
    }
}

/// If it fails, the last call is the one that failed.
async fn sells(sale: &Sale, calls: &mut Vec<Call>) -> Option<()> {
    calls.push(sale.admin.call(Op::CreateEvent { seat_count: 1, max_per_buyer: None }).await);
    let event_id = created(calls.last()?)?;
    calls.push(sale.last_buyer()?.call(Op::Reserve { event_id, count: 1 }).await);
    let Outcome::Ok(Response::Held { ticket_ids, .. }) = &calls.last()?.outcome else { return None };
    let ticket_ids = ticket_ids.clone();
    calls.push(sale.last_buyer()?.call(Op::Book { ticket_ids }).await);
    matches!(calls.last()?.outcome, Outcome::Ok(_)).then_some(())
}
