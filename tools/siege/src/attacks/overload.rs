//! Reads of an event at ten times the rate that the system can serve, however slow the responses are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use booked_client::{Request, operations::get_event};
use booked_load::client::Gateway;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use crate::context::{AttackContext, run_concurrently};

const ADDRESSES: usize = 64;
/// The capacity is measured by this many clients, each of which sends one request after the other.
const PROBES: usize = 32;
const PROBE_TIME: Duration = Duration::from_millis(500);
/// How many times the capacity.
const FACTOR: usize = 10;
/// Sending more would leave too little of the machine to the system.
const RATE_MAX_PER_S: usize = 20_000;
/// Concurrent calls; a call that is due while there are this many is not started.
const OPEN_MAX: usize = 1_000;
const TICK: Duration = Duration::from_millis(5);

pub(super) async fn run(context: Arc<AttackContext>) {
    let gateways: Vec<Gateway> =
        (0..ADDRESSES).map(|number| context.gateway(context.address(number, ADDRESSES))).collect();
    let gateways: Arc<[Gateway]> = gateways.into();
    let capacity = capacity_per_s(&context, &gateways).await;
    let rate = context.scaled((capacity * FACTOR).min(RATE_MAX_PER_S));
    let (start, open) = (Instant::now(), Arc::new(Semaphore::new(context.scaled(OPEN_MAX))));
    let mut sent = 0;
    while sent < context.calls_max.saturating_mul(ADDRESSES) {
        let due =
            rate.saturating_mul(usize::try_from(start.elapsed().as_millis()).unwrap_or(usize::MAX)) / 1_000;
        for number in sent..due {
            let Ok(permit) = Arc::clone(&open).try_acquire_owned() else {
                context.observe("not started");
                continue;
            };
            let (context, gateway) = (Arc::clone(&context), gateways[number % gateways.len()].clone());
            tokio::spawn(async move {
                context.observe_response(&gateway.send(read_event(&context)).await);
                drop(permit);
            });
        }
        sent = due;
        sleep(TICK).await;
    }
}

async fn capacity_per_s(context: &Arc<AttackContext>, gateways: &Arc<[Gateway]>) -> usize {
    let answered = Arc::new(AtomicUsize::new(0));
    let probing = run_concurrently(context.scaled(PROBES), |number| {
        let (context, gateways, answered) =
            (Arc::clone(context), Arc::clone(gateways), Arc::clone(&answered));
        async move {
            while gateways[number % gateways.len()].send(read_event(&context)).await.is_ok() {
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    // The clients never stop, so this always times out.
    let _ = timeout(PROBE_TIME, probing).await;
    answered.load(Ordering::Relaxed) * 2
}

fn read_event(context: &AttackContext) -> Request {
    get_event(context.event).into_request()
}
