//! Listings, no two of the same page, so that none can be shared.

use std::{sync::Arc, time::Duration};

use booked_load::client::Request;
use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 64;
const ADDRESSES: usize = 16;
const BREATH: Duration = Duration::from_millis(5);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), number)).await;
}

async fn one(ground: Arc<Ground>, number: usize) {
    let gateway = ground.gateway(ground.address(number, ADDRESSES));
    for turn in 0..ground.calls_max {
        let timestamp = 1 + number * ground.calls_max + turn;
        let page = Request::get(format!("/event/?limit=100&timestamp={timestamp}"));
        ground.saw_answer(&gateway.ask(page).await);
        sleep(BREATH).await;
    }
}
