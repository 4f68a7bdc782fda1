//! A crowd that comes at the same instant, and each time again at the same instant.

use std::{sync::Arc, time::Duration};

use booked_load::client::Request;
use tokio::time::{Instant, sleep_until};

use crate::besiegers::{Ground, crowd};

const CLIENTS: usize = 1_000;
const ADDRESSES: usize = 100;
/// What `Retry-After` always was.
const STEP: Duration = Duration::from_secs(1);

pub(super) async fn run(ground: Arc<Ground>) {
    let began = Instant::now();
    crowd(ground.count(CLIENTS), |number| one(Arc::clone(&ground), began, number)).await;
}

async fn one(ground: Arc<Ground>, began: Instant, number: usize) {
    let gateway = ground.gateway(ground.address(number, ADDRESSES));
    let mut due = began;
    for _ in 0..ground.calls_max {
        while due <= Instant::now() {
            due += STEP;
        }
        sleep_until(due).await;
        let look = Request::get(format!("/event/{}/", ground.event));
        ground.saw_answer(&gateway.ask(look).await);
    }
}
