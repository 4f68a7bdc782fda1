//! One account, on hundreds of connections, that cancels what it has: all of them want the same lock.

use std::{sync::Arc, time::Duration};

use booked_checker::history::{Op, Outcome, Response};
use booked_contract::ticket::SeatsOfEvent;
use booked_load::client::{Request, Session};
use tokio::time::sleep;

use crate::besiegers::{Ground, crowd};

const CONNECTIONS: usize = 500;
const ADDRESSES: usize = 8;
/// What it has to cancel, one by one.
const BOUGHT: u32 = 50;
const BREATH: Duration = Duration::from_millis(50);

pub(super) async fn run(ground: Arc<Ground>) {
    let session = ground.raider(0, 1, ground.address(0, ADDRESSES));
    buys(&ground, &session).await;
    crowd(ground.count(CONNECTIONS), |number| one(Arc::clone(&ground), number)).await;
}

async fn buys(ground: &Ground, session: &Session) {
    let reserved = session.call(Op::Reserve { event_id: ground.event, count: BOUGHT }).await;
    if let Outcome::Ok(Response::Held { ticket_ids, .. }) = reserved.outcome {
        session.call(Op::Book { ticket_ids }).await;
    }
}

async fn one(ground: Arc<Ground>, number: usize) {
    let session = ground.raider(0, 1, ground.address(number, ADDRESSES));
    let one = SeatsOfEvent { event_id: ground.event.to_string(), count: 1 };
    for _ in 0..ground.calls_max {
        ground.saw_answer(&session.ask(Request::post("/ticket/cancel/", &one)).await);
        sleep(BREATH).await;
    }
}
