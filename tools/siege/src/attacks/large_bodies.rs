//! Registrations of a MiB each, all but the last byte.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt as _, time::sleep};

use super::talk::{post_head, until_cut};
use crate::besiegers::{Ground, crowd};

/// With a MiB each, nearly what a gateway may use where the charts run it.
const CONNECTIONS: usize = 700;
const LENGTH: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(ground: Arc<Ground>) {
    let body: Arc<[u8]> = vec![b' '; LENGTH - 1].into();
    crowd(ground.count(CONNECTIONS), |_| one(Arc::clone(&ground), Arc::clone(&body))).await;
}

async fn one(ground: Arc<Ground>, body: Arc<[u8]>) {
    let from = ground.address(0, 1);
    for _ in 0..ground.calls_max {
        let Some(mut stream) = ground.connect(from).await else { continue };
        let sent = stream.write_all(&post_head("/user/register/", LENGTH)).await.is_ok()
            && stream.write_all(&body).await.is_ok();
        let status = until_cut(&mut stream).await;
        ground.saw(status.as_deref().unwrap_or(if sent { "cut" } else { "cut at once" }));
        sleep(PAUSE).await;
    }
}
