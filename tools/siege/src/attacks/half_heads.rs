//! Sends one good request, reads its response, then sends a large part of another head, and then nothing.

use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;

use super::raw_http::{get_health, read_until_closed};
use crate::context::{AttackContext, run_concurrently};

/// More than the gateway accepts.
const CONNECTIONS: usize = 3_000;
/// A head may have 64 KiB.
const HALF_BYTES: usize = 24 << 10;

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |_| attack(Arc::clone(&context))).await;
}

async fn attack(context: Arc<AttackContext>) {
    let from = context.address(0, 1);
    let mut half = b"GET /health/ HTTP/1.1\r\nx-half: ".to_vec();
    half.resize(HALF_BYTES, b'x');
    for _ in 0..context.calls_max {
        let Some(mut stream) = context.connect(from).await else { continue };
        if get_health(&mut stream).await && stream.write_all(&half).await.is_ok() {
            let status = read_until_closed(&mut stream).await;
            context.observe(status.as_deref().unwrap_or("cut"));
        } else {
            context.observe("cut at once");
        }
    }
}
