//! Thousands of connections send one request and then stay open.

use std::sync::Arc;

use super::raw_http::{get_health, read_until_closed};
use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 3_000;

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |_| attack(Arc::clone(&context))).await;
}

async fn attack(context: Arc<AttackContext>) {
    let from = context.address(0, 1);
    for _ in 0..context.calls_max {
        let Some(mut stream) = context.connect(from).await else { continue };
        if get_health(&mut stream).await {
            read_until_closed(&mut stream).await;
            context.observe("cut");
        } else {
            context.observe("cut at once");
        }
    }
}
