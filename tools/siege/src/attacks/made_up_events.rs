//! Bookings and releases that name a ticket of each of a thousand events which do not exist.

use std::{sync::Arc, time::Duration};

use booked_contract::ticket::TicketIds;
use booked_ids::{EventId, SeatNumber};
use booked_load::client::{Request, now_us};
use rand::Rng as _;
use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 32;
const ADDRESSES: usize = 8;
const IDS: usize = 1_000;
const BREATH: Duration = Duration::from_millis(10);

pub(super) async fn run(ground: Arc<Ground>) {
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), number)).await;
}

async fn one(ground: Arc<Ground>, number: usize) {
    let session = ground.raider(number, ADDRESSES, ground.address(number, ADDRESSES));
    let path = if number.is_multiple_of(2) { "/ticket/book/" } else { "/ticket/release/" };
    for _ in 0..ground.calls_max {
        let tickets = TicketIds { ticket_ids: (0..IDS).filter_map(|_| made_up()).collect() };
        ground.saw_answer(&session.ask(Request::post(path, &tickets)).await);
        sleep(BREATH).await;
    }
}

fn made_up() -> Option<String> {
    let event = EventId::new(now_us() / 1_000, rand::rng().random());
    Some(event.ticket(SeatNumber::new(1)?).as_uuid().to_string())
}
