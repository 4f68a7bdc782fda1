//! Listings that are asked for on one connection after the other's heels, and never read.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    time::{sleep, timeout},
};

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 500;
const QUESTIONS: usize = 1_000;
const LIST: &[u8] = b"GET /event/?limit=100 HTTP/1.1\r\nhost: booked\r\n\r\n";
/// Longer than any turn.
const STAYS: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |_| one(Arc::clone(&ground))).await;
}

async fn one(ground: Arc<Ground>) {
    let from = ground.address(0, 1);
    for _ in 0..ground.calls_max {
        let Some(mut stream) = ground.connect(from).await else { continue };
        let questions = LIST.repeat(QUESTIONS);
        match timeout(STAYS, stream.write_all(&questions)).await {
            Ok(Ok(())) => {
                ground.saw("all asked");
                // Whether it was cut off shows at the next question.
                while stream.write_all(LIST).await.is_ok() {
                    sleep(PAUSE).await;
                }
                ground.saw("cut");
            }
            Ok(Err(_)) => ground.saw("cut"),
            Err(_) => ground.saw("held up"),
        }
        sleep(PAUSE).await;
    }
}
