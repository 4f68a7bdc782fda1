//! Requests for listings, pipelined on each connection, of which no response is read.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    time::{sleep, timeout},
};

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 500;
const REQUESTS: usize = 1_000;
const LIST: &[u8] = b"GET /event/?limit=100 HTTP/1.1\r\nhost: booked\r\n\r\n";
/// Longer than any turn.
const STAYS_OPEN: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |_| attack(Arc::clone(&context))).await;
}

async fn attack(context: Arc<AttackContext>) {
    let from = context.address(0, 1);
    for _ in 0..context.calls_max {
        let Some(mut stream) = context.connect(from).await else { continue };
        let requests = LIST.repeat(REQUESTS);
        match timeout(STAYS_OPEN, stream.write_all(&requests)).await {
            Ok(Ok(())) => {
                context.observe("all sent");
                // The next request shows whether the connection was cut.
                while stream.write_all(LIST).await.is_ok() {
                    sleep(PAUSE).await;
                }
                context.observe("cut");
            }
            Ok(Err(_)) => context.observe("cut"),
            Err(_) => context.observe("blocked"),
        }
        sleep(PAUSE).await;
    }
}
