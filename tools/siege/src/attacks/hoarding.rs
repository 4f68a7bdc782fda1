//! Accounts that reserve as many seats as they can, and never book.

use std::{sync::Arc, time::Duration};

use booked_contract::ticket::SeatsOfEvent;
use booked_load::client::Request;
use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 100;
const ADDRESSES: usize = 8;
/// The most that one call may ask for.
const SEATS: i64 = 100;
const BREATH: Duration = Duration::from_millis(50);

pub(super) async fn run(ground: Arc<Ground>, accounts: usize) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), accounts, number)).await;
}

async fn one(ground: Arc<Ground>, accounts: usize, number: usize) {
    let from = ground.address(number, ADDRESSES);
    let session = ground.raider(number, accounts.min(ADDRESSES), from);
    let wanted = SeatsOfEvent { event_id: ground.event.to_string(), count: SEATS };
    for _ in 0..ground.calls_max {
        ground.saw_answer(&session.ask(Request::post("/ticket/reserve/", &wanted)).await);
        sleep(BREATH).await;
    }
}
