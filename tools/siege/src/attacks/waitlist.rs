//! One account, on hundreds of connections, that joins a waitlist on which it is already.

use std::{sync::Arc, time::Duration};

use booked_contract::ticket::SeatsOfEvent;
use booked_load::client::Request;
use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 500;
const ADDRESSES: usize = 8;
const BREATH: Duration = Duration::from_millis(50);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), number)).await;
}

async fn one(ground: Arc<Ground>, number: usize) {
    let session = ground.raider(0, 1, ground.address(number, ADDRESSES));
    let wanted = SeatsOfEvent { event_id: ground.event.to_string(), count: 1 };
    for _ in 0..ground.calls_max {
        ground.saw_answer(&session.ask(Request::post("/waitlist/add/", &wanted)).await);
        sleep(BREATH).await;
    }
}
