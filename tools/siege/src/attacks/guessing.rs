//! Guesses the password of one account from several addresses at once, while its owner logs in.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 40;
const ADDRESSES: usize = 8;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), number)).await;
}

async fn attack(context: Arc<AttackContext>, number: usize) {
    let gateway = context.gateway(context.address(number, ADDRESSES));
    for turn in 0..context.calls_max {
        let guess = format!("guess {number} {turn}");
        context.observe_response(&gateway.send_log_in("owner@example.com", &guess).await);
        sleep(PAUSE).await;
    }
}
