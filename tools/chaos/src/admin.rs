//! The admin, who creates, grows and deletes events during the run.

use std::{sync::Arc, time::Duration};

use booked_checker::history::{Call, Op, Outcome, Response};
use rand::{Rng, seq::IndexedRandom};
use tokio::{sync::watch, time::sleep};

use super::buyers::{Sale, call, created};

/// Between two calls of the admin.
const PAUSE: Duration = Duration::from_millis(1_500);
/// How many events stay on sale.
const EVENTS_MIN: usize = 3;
/// Greater than the number of any buyer.
const NUMBER: u32 = u32::MAX;
/// More seats than any event of the run has at first, so that growing never removes seats.
const GROWN: std::ops::Range<u32> = 201..260;

/// Manages events until `stopped`, and returns the admin's calls.
pub(super) async fn manage(sale: Arc<Sale>, stopped: watch::Receiver<bool>) -> Vec<Call> {
    let (mut random, mut calls) = (sale.random(NUMBER), Vec::new());
    while !*stopped.borrow() {
        sleep(PAUSE).await;
        let events = sale.events();
        let Some(event_id) = events.choose(&mut random).copied() else { return calls };
        let op = match random.random_range(0..6) {
            0..3 => Op::CreateEvent {
                seat_count: random.random_range(2..50),
                max_per_buyer: random.random_bool(0.5).then(|| random.random_range(1..5)),
            },
            3 | 4 => Op::GrowEvent { event_id, seat_count: random.random_range(GROWN) },
            _ if events.len() > EVENTS_MIN => Op::DeleteEvent { event_id },
            _ => continue,
        };
        let call = call(&sale.admin, op, &mut random).await;
        match (&call.op, &call.outcome) {
            (Op::CreateEvent { .. }, Outcome::Ok(Response::Created { .. })) => {
                created(&call).into_iter().for_each(|event| sale.add(event));
            }
            // Buyers that hold its seats go on trying.
            (Op::DeleteEvent { event_id }, Outcome::Ok(_)) => sale.remove(*event_id),
            _ => {}
        }
        calls.push(call);
    }
    calls
}
