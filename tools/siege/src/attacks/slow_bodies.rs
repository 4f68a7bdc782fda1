//! Log-ins whose body comes byte by byte, never to its end.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    time::{sleep, timeout},
};

use super::talk::{post_head, until_cut};
use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 1_500;
const LENGTH: usize = 4_000;
const BETWEEN_BYTES: Duration = Duration::from_millis(500);
/// Whoever was cut off at once waits so long.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |_| one(Arc::clone(&ground))).await;
}

async fn one(ground: Arc<Ground>) {
    let from = ground.address(0, 1);
    for _ in 0..ground.calls_max {
        let Some(mut stream) = ground.connect(from).await else { continue };
        if stream.write_all(&post_head("/user/login/", LENGTH)).await.is_err() {
            continue;
        }
        for _ in 1..LENGTH {
            if let Ok(status) = timeout(BETWEEN_BYTES, until_cut(&mut stream)).await {
                ground.saw(status.as_deref().unwrap_or("cut"));
                break;
            }
            if stream.write_all(b" ").await.is_err() {
                ground.saw("cut");
                break;
            }
        }
        sleep(PAUSE).await;
    }
}
