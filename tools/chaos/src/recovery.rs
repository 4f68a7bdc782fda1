//! What a system must do by itself when its faults are over.

use std::time::Duration;

use booked_checker::history::{Call, Op, Outcome, Response};
use tokio::time::{Instant, sleep};

use super::buyers::{Sale, created};

const SELLS_WITHIN: Duration = Duration::from_secs(30);
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// A new event can be created, and a seat of it be reserved and booked; the calls.
///
/// # Errors
///
/// What was answered at last instead.
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
        sleep(TRY_AGAIN).await;
    }
}

/// The last call tells what failed, where something did.
async fn sells(sale: &Sale, calls: &mut Vec<Call>) -> Option<()> {
    calls.push(sale.admin.call(Op::CreateEvent { seat_count: 1 }).await);
    let event_id = created(calls.last()?)?;
    calls.push(sale.last_buyer()?.call(Op::Reserve { event_id, count: 1 }).await);
    let Outcome::Ok(Response::Held { ticket_ids, .. }) = &calls.last()?.outcome else { return None };
    let ticket_ids = ticket_ids.clone();
    calls.push(sale.last_buyer()?.call(Op::Book { ticket_ids }).await);
    matches!(calls.last()?.outcome, Outcome::Ok(_)).then_some(())
}
