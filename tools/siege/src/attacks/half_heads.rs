//! One good request, its answer, then a large beginning of another one, and silence.

use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;

use super::talk::{looks, until_cut};
use crate::besiegers::{Ground, crowd};

/// More than the gateway takes at all.
const CONNECTIONS: usize = 3_000;
/// What a head may have is 64 KiB.
const HALF: usize = 24 << 10;

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |_| one(Arc::clone(&ground))).await;
}

async fn one(ground: Arc<Ground>) {
    let from = ground.address(0, 1);
    let mut half = b"GET /health/ HTTP/1.1\r\nx-half: ".to_vec();
    half.resize(HALF, b'x');
    for _ in 0..ground.calls_max {
        let Some(mut stream) = ground.connect(from).await else { continue };
        if looks(&mut stream).await && stream.write_all(&half).await.is_ok() {
            let status = until_cut(&mut stream).await;
            ground.saw(status.as_deref().unwrap_or("cut"));
        } else {
            ground.saw("cut at once");
        }
    }
}
