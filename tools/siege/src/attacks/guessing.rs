//! One account's password, guessed from several addresses at once, while its owner logs in.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 40;
const ADDRESSES: usize = 8;
const BREATH: Duration = Duration::from_millis(10);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), number)).await;
}

async fn one(ground: Arc<Ground>, number: usize) {
    let gateway = ground.gateway(ground.address(number, ADDRESSES));
    for turn in 0..ground.calls_max {
        let guess = format!("guess {number} {turn}");
        ground.saw_answer(&gateway.ask_log_in("owner@example.com", &guess).await);
        sleep(BREATH).await;
    }
}
