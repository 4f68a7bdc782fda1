//! One account joins a waitlist that it is on already, on hundreds of connections.

use std::{sync::Arc, time::Duration};

use booked_client::operations::add_to_waitlist;
use tokio::time::sleep;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 500;
const ADDRESSES: usize = 8;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), number)).await;
}

async fn attack(context: Arc<AttackContext>, number: usize) {
    let session = context.session(0, 1, context.address(number, ADDRESSES));
    for _ in 0..context.calls_max {
        context.observe_response(&session.send(add_to_waitlist(context.event, 1).into_request()).await);
        sleep(PAUSE).await;
    }
}
