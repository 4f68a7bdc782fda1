//! Looks at an event that begin ten times as often as they fit, however slow the answers are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use booked_load::client::{Gateway, Request};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use crate::besiegers::{Ground, crowd};

const ADDRESSES: usize = 64;
/// What fits is measured by so many that ask one after the other, so long.
const PROBES: usize = 32;
const PROBED_FOR: Duration = Duration::from_millis(500);
const TIMES: usize = 10;
/// What the machine's other half needs for this many must leave something for the system.
const RATE_MAX_PER_S: usize = 20_000;
/// Open calls at a time; what arrives beyond them does not begin.
const OPEN_MAX: usize = 1_000;
const TICK: Duration = Duration::from_millis(5);

pub(super) async fn run(ground: Arc<Ground>) {
    let gateways: Vec<Gateway> =
        (0..ADDRESSES).map(|number| ground.gateway(ground.address(number, ADDRESSES))).collect();
    let gateways: Arc<[Gateway]> = gateways.into();
    let fits = what_fits(&ground, &gateways).await;
    let rate = ground.count((fits * TIMES).min(RATE_MAX_PER_S));
    let (began, open) = (Instant::now(), Arc::new(Semaphore::new(ground.count(OPEN_MAX))));
    let mut begun = 0;
    while begun < ground.calls_max.saturating_mul(ADDRESSES) {
        let due =
            rate.saturating_mul(usize::try_from(began.elapsed().as_millis()).unwrap_or(usize::MAX)) / 1_000;
        for number in begun..due {
            let Ok(place) = Arc::clone(&open).try_acquire_owned() else {
                ground.saw("not begun");
                continue;
            };
            let (ground, gateway) = (Arc::clone(&ground), gateways[number % gateways.len()].clone());
            tokio::spawn(async move {
                ground.saw_answer(&gateway.ask(look(&ground)).await);
                drop(place);
            });
        }
        begun = due;
        sleep(TICK).await;
    }
}

/// Answers a second.
async fn what_fits(ground: &Arc<Ground>, gateways: &Arc<[Gateway]>) -> usize {
    let answered = Arc::new(AtomicUsize::new(0));
    let probing = crowd(ground.count(PROBES), |number| {
        let (ground, gateways, answered) = (Arc::clone(ground), Arc::clone(gateways), Arc::clone(&answered));
        async move {
            while gateways[number % gateways.len()].ask(look(&ground)).await.is_ok() {
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    // Only the time ends it.
    let _ = timeout(PROBED_FOR, probing).await;
    answered.load(Ordering::Relaxed) * 2
}

fn look(ground: &Ground) -> Request {
    Request::get(format!("/event/{}/", ground.event))
}
