//! Bookings and releases, each with a thousand tickets of different events that do not exist.

use std::{sync::Arc, time::Duration};

use booked_client::operations::{book_tickets, release_tickets};
use booked_ids::{EventId, SeatNumber};
use booked_load::client::now_us;
use rand::Rng as _;
use tokio::time::sleep;
use uuid::Uuid;

use crate::context::{AttackContext, run_concurrently};

const CONNECTIONS: usize = 32;
const ADDRESSES: usize = 8;
const IDS: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) async fn run(context: Arc<AttackContext>) {
    run_concurrently(context.scaled(CONNECTIONS), |number| attack(Arc::clone(&context), number)).await;
}

async fn attack(context: Arc<AttackContext>, number: usize) {
    let session = context.session(number, ADDRESSES, context.address(number, ADDRESSES));
    let operation = if number.is_multiple_of(2) { book_tickets } else { release_tickets };
    for _ in 0..context.calls_max {
        let tickets: Vec<Uuid> = (0..IDS).filter_map(|_| made_up()).collect();
        context.observe_response(&session.send(operation(&tickets).into_request()).await);
        sleep(PAUSE).await;
    }
}

fn made_up() -> Option<Uuid> {
    let event = EventId::new(now_us() / 1_000, rand::rng().random());
    Some(event.ticket(SeatNumber::new(1)?).as_uuid())
}
