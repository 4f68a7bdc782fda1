//! A rollout costs no request: each process is asked to end and started again, one after the other, while a crowd buys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use booked_client::{Call, Client, Failure, FromAnswer, operations as op};
use booked_local_system::{Replicas, Service, SystemOptions};
use booked_system_tests::World;
use futures_util::future::join_all;
use uuid::Uuid;

const BUYERS: usize = 8;
/// Between a process that is back and the next that ends: others must have found it by then.
const BETWEEN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_of_every_service_costs_no_request() {
    let world = Arc::new(two_of_each().await);
    let admin = world.admin().await.unwrap();
    let event = world.event(&admin, 1000).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    let mut buyers = Vec::new();
    for _ in 0..BUYERS {
        let client = world.member().await.unwrap().client;
        let (is_over, answered) = (Arc::clone(&is_over), Arc::clone(&answered));
        buyers.push(tokio::spawn(async move {
            let mut failures = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let answers = buy(&client, event).await;
                answered.fetch_add(u32::try_from(answers.len()).unwrap(), Ordering::Relaxed);
                failures.extend(answers.into_iter().filter_map(Result::err).filter(is_of_the_server));
            }
            failures
        }));
    }
    let replaced = {
        let world = Arc::clone(&world);
        tokio::task::spawn_blocking(move || {
            for process in world.system.processes().iter().filter(|it| it.service() != Service::Gateway) {
                process.restart().unwrap();
                std::thread::sleep(BETWEEN);
            }
        })
    };
    replaced.await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let failures: Vec<Failure> = join_all(buyers).await.into_iter().flat_map(Result::unwrap).collect();
    let answered = answered.load(Ordering::Relaxed);
    assert!(failures.is_empty(), "{} of {answered} requests failed: {failures:#?}", failures.len());
    assert!(answered > 100, "only {answered} were asked");
}

/// Two replicas of each service, which say for half a second that they end before they do.
async fn two_of_each() -> World {
    let services = Service::Gateway.calls();
    World::start_with(move |options| {
        let delays = services.iter().map(|service| (*service, "DRAIN_DELAY_MS".to_owned(), "500".to_owned()));
        SystemOptions {
            replicas: services.iter().map(|service| Replicas { service: *service, count: 2 }).collect(),
            settings: options.settings.into_iter().chain(delays).collect(),
            ..options
        }
    })
    .await
}

/// Looks around, reserves a seat, books it, and gives it back. Each is sent once and without a key: nothing hides a
/// request that was lost.
async fn buy(client: &Client, event: Uuid) -> Vec<Result<(), Failure>> {
    let looked = once(client, op::get_event(event)).await.map(drop);
    let reserved = once(client, op::reserve_tickets(event, 1)).await;
    let tickets = reserved.as_ref().map(|held| held.ticket_ids.clone()).unwrap_or_default();
    let booked = once(client, op::book_tickets(&tickets)).await;
    let listed = once(client, op::list_bookings()).await.map(drop);
    let cancelled = once(client, op::cancel_tickets(event, 1)).await;
    vec![looked, reserved.map(drop), booked, listed, cancelled]
}

async fn once<T: FromAnswer>(client: &Client, call: Call<T>) -> Result<T, Failure> {
    client.send_once(&call).await.map(|answer| answer.value)
}

/// Whether it is anything but a refusal.
fn is_of_the_server(failure: &Failure) -> bool {
    !matches!(failure, Failure::Api(error) if error.status < 500)
}
