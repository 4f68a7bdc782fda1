//! Registrations with a body of 1 MiB each, of which the last byte is never sent.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt as _, time::sleep};

use super::raw_http::{post_head, read_until_closed};
use crate::context::{AttackContext, run_concurrently};

/// Together nearly the memory that a gateway may use if the charts run it.
const CONNECTIONS: usize = 700;
const LENGTH_BYTES: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(context: Arc<AttackContext>) {
    let body: Arc<[u8]> = vec![b' '; LENGTH_BYTES - 1].into();
    run_concurrently(context.scaled(CONNECTIONS), |_| attack(Arc::clone(&context), Arc::clone(&body))).await;
}

async fn attack(context: Arc<AttackContext>, body: Arc<[u8]>) {
    let from = context.address(0, 1);
    for _ in 0..context.calls_max {
        let Some(mut stream) = context.connect(from).await else { continue };
        let sent = stream.write_all(&post_head("/user/register/", LENGTH_BYTES)).await.is_ok()
            && stream.write_all(&body).await.is_ok();
        let status = read_until_closed(&mut stream).await;
        context.observe(status.as_deref().unwrap_or(if sent { "cut" } else { "cut at once" }));
        sleep(PAUSE).await;
    }
}
