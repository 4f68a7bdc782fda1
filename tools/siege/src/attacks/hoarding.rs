//! Accounts reserve as many seats as they can, and never book.

use std::{sync::Arc, time::Duration};

use booked_client::operations::reserve_tickets;
use tokio::time::sleep;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 100;
const ADDRESSES: usize = 8;
/// The maximum of one call.
const SEATS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(context: Arc<AttackContext>, accounts: usize) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), accounts, number))
        .await;
}

async fn attack(context: Arc<AttackContext>, accounts: usize, number: usize) {
    let from = context.address(number, ADDRESSES);
    let session = context.session(number, accounts.min(ADDRESSES), from);
    for _ in 0..context.calls_max {
        context.observe_response(&session.send(reserve_tickets(context.event, SEATS).into_request()).await);
        sleep(PAUSE).await;
    }
}
