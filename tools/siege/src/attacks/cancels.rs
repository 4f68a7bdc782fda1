//! One account cancels its bookings on hundreds of connections, all of which need the same lock.

use std::{sync::Arc, time::Duration};

use booked_checker::history::{Op, Outcome, Response};
use booked_client::operations::cancel_tickets;
use booked_load::client::Session;
use tokio::time::sleep;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 500;
const ADDRESSES: usize = 8;
/// Seats to cancel, one by one.
const SEATS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(context: Arc<AttackContext>) {
    let session = context.session(0, 1, context.address(0, ADDRESSES));
    buy(&context, &session).await;
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), number)).await;
}

async fn buy(context: &AttackContext, session: &Session) {
    let reserved = session.call(Op::Reserve { event_id: context.event, count: SEATS }).await;
    if let Outcome::Ok(Response::Held { ticket_ids, .. }) = reserved.outcome {
        session.call(Op::Book { ticket_ids }).await;
    }
}

async fn attack(context: Arc<AttackContext>, number: usize) {
    let session = context.session(0, 1, context.address(number, ADDRESSES));
    for _ in 0..context.calls_max {
        context.observe_response(&session.send(cancel_tickets(context.event, 1).into_request()).await);
        sleep(PAUSE).await;
    }
}
