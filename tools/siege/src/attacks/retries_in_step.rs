//! Synchronized retries: many clients send a request at the same instant, again and again.

use std::{sync::Arc, time::Duration};

use booked_client::operations::get_event;
use tokio::time::{Instant, sleep_until};

use crate::context::{AttackContext, run_concurrently};

const CLIENTS: usize = 1_000;
const ADDRESSES: usize = 100;
/// The value of every `Retry-After`, if it were not randomized.
const STEP: Duration = Duration::from_secs(1);

pub(super) async fn run(context: Arc<AttackContext>) {
    let start = Instant::now();
    run_concurrently(context.scaled(CLIENTS), |number| attack(Arc::clone(&context), start, number)).await;
}

async fn attack(context: Arc<AttackContext>, start: Instant, number: usize) {
    let gateway = context.gateway(context.address(number, ADDRESSES));
    let mut due = start;
    for _ in 0..context.calls_max {
        while due <= Instant::now() {
            due += STEP;
        }
        sleep_until(due).await;
        context.observe_response(&gateway.send(get_event(context.event).into_request()).await);
    }
}
