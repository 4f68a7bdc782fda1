//! Lists events, always another page, so that the reads cannot be shared.

use std::{sync::Arc, time::Duration};

use booked_client::{EventQuery, operations::list_events};
use tokio::time::sleep;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 64;
const ADDRESSES: usize = 16;
const PAUSE: Duration = Duration::from_millis(5);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), number)).await;
}

async fn attack(context: Arc<AttackContext>, number: usize) {
    let gateway = context.gateway(context.address(number, ADDRESSES));
    for turn in 0..context.calls_max {
        let timestamp = 1 + number * context.calls_max + turn;
        let timestamp = i64::try_from(timestamp).ok();
        let page = list_events(&EventQuery { limit: Some(100), timestamp, ..EventQuery::default() });
        context.observe_response(&gateway.send(page.into_request()).await);
        sleep(PAUSE).await;
    }
}
