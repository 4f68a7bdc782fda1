//! One buyer sends two hundred purchases at once, and cancels some again, while Valkey loses all that it has, one replica of
//! ticketing is killed and another one stands still: the buyer never has more tickets than one buyer may, and what was sent again
//! with its key was done once.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use booked_checker::verify;
use booked_local_system::{Replicas, Service};
use booked_system_tests::{Answer, Api, World, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};
use tokio_postgres::NoTls;

const TICKETING: Replicas = Replicas { service: Service::Ticketing, count: 3 };
const PURCHASES: usize = 200;
const LIMIT: i64 = 4;
/// How often something is sent again with its key: longer than all faults together.
const TRIES: usize = 400;
const PAUSE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nobody_has_more_than_one_buyer_may() {
    let world = World::start(&[TICKETING]).await;
    let admin = world.admin().await.unwrap();
    let event = limited_event(&world, &admin).await;
    let buyer = world.member().await.unwrap().api;
    let (answered, tally) = (Arc::new(AtomicUsize::new(0)), Arc::new(Tally::default()));
    let watching = Watching::begin(&world, &event).await;

    let purchases = (0..PURCHASES).map(|number| {
        let (buyer, event) = (buyer.clone(), event.clone());
        let (answered, tally) = (Arc::clone(&answered), Arc::clone(&tally));
        tokio::spawn(async move {
            purchase(&buyer, &event, number % 2 == 0, &tally).await;
            answered.fetch_add(1, Ordering::Relaxed);
        })
    });
    let purchases: Vec<JoinHandle<()>> = purchases.collect();
    faults(&world, &answered).await;
    for purchase in join_all(purchases).await {
        purchase.unwrap();
    }

    eventually(Duration::from_secs(30), "the buyer has as many as one may", async || {
        book_what_is_held(&buyer, &tally).await;
        purchase(&buyer, &event, false, &tally).await;
        let bookings = buyer.get("/user/bookings/").await;
        match bookings.body[0]["number_of_tickets"].as_i64() {
            Some(LIMIT) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    tally.is_what_the_ledger_says(&world);
    let seen = watching.end().await;
    assert_eq!(seen.iter().max(), Some(&LIMIT), "at most this many, and sometimes this many");
    let report = verify(&world.system.sources().unwrap(), Vec::new()).await.unwrap();
    assert!(report.valid, "{report}");
}

/// How many tickets the buyer was told to have booked and cancelled.
#[derive(Default)]
struct Tally {
    booked: AtomicUsize,
    cancelled: AtomicUsize,
}

impl Tally {
    /// Nothing was done twice, and no cancel that was answered is missing.
    fn is_what_the_ledger_says(&self, world: &World) {
        let ledger = |kind: &str, of: &str| {
            let sql = format!(
                "SELECT coalesce(sum(json_array_length(data->'{of}')), 0) FROM outbox \
                 WHERE kind = 'booked.ticketing.{kind}'"
            );
            let postgres = world.system.postgres().unwrap();
            postgres.execute(&Service::Ticketing.database(), &sql).unwrap().trim().parse::<usize>().unwrap()
        };
        // A seat that Valkey has lost is reserved twice, and the second purchase is told that it is booked already.
        assert!(ledger("tickets_booked", "seats") <= self.booked.load(Ordering::Relaxed), "booked");
        assert_eq!(
            ledger("tickets_cancelled", "tickets"),
            self.cancelled.load(Ordering::Relaxed),
            "cancelled"
        );
    }
}

async fn limited_event(world: &World, admin: &Api) -> String {
    let mut event = World::new_event(500);
    event["max_per_buyer"] = json!(LIMIT);
    let answer = admin.post("/event/", event).await.expect(201).unwrap();
    let id = answer.location.unwrap().trim_matches('/').trim_start_matches("event/").to_owned();
    assert_eq!(world.api.get(&format!("/event/{id}/")).await.body["max_per_buyer"], LIMIT);
    id
}

/// Reserves, books if that was granted, and cancels again if it is to; each is sent with a key until its outcome is known.
async fn purchase(buyer: &Api, event: &str, cancels: bool, tally: &Tally) {
    let seat = json!({ "event_id": event, "count": 1 });
    let reserved = until_known(buyer, "/ticket/reserve/", &seat).await;
    if reserved.status != 200 {
        assert_eq!(reserved.code(), "TICKET-04", "{reserved:?}");
        return;
    }
    let tickets = json!({ "ticket_ids": reserved.body["ticket_ids"] });
    let booked = until_known(buyer, "/ticket/book/", &tickets).await;
    // A hold that Valkey has lost is nobody's, or somebody else's by now.
    assert!(
        booked.status == 200 || matches!(booked.code(), "TICKET-02" | "TICKET-03" | "TICKET-04"),
        "{booked:?}"
    );
    if booked.status != 200 {
        return;
    }
    tally.booked.fetch_add(1, Ordering::Relaxed);
    if cancels {
        // Another purchase may have cancelled this very ticket: the latest go first.
        let cancelled = until_known(buyer, "/ticket/cancel/", &seat).await;
        assert!(cancelled.status == 200 || cancelled.code() == "TICKET-03", "{cancelled:?}");
        tally.cancelled.fetch_add(usize::from(cancelled.status == 200), Ordering::Relaxed);
    }
}

/// What could not be booked when it was reserved, since the buyer had enough.
async fn book_what_is_held(buyer: &Api, tally: &Tally) {
    let held = buyer.get("/ticket/holds/").await;
    for hold in held.body["holds"].as_array().into_iter().flatten() {
        let held = hold["ticket_ids"].as_array().cloned().unwrap_or_default();
        let booked = until_known(buyer, "/ticket/book/", &json!({ "ticket_ids": held })).await;
        tally.booked.fetch_add(if booked.status == 200 { held.len() } else { 0 }, Ordering::Relaxed);
    }
}

async fn until_known(buyer: &Api, path: &str, body: &Value) -> Answer {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let key = format!("call-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let keyed = buyer.with_header("Idempotency-Key", &key);
    let mut answer = keyed.post(path, body.clone()).await;
    for _ in 0..TRIES {
        let is_known = !matches!(answer.status, 0 | 429 | 500..) && answer.code() != "IDEM-03";
        if is_known {
            break;
        }
        sleep(PAUSE).await;
        answer = keyed.post(path, body.clone()).await;
    }
    answer
}

/// One after the other, as the purchases go on.
async fn faults(world: &World, answered: &AtomicUsize) {
    let reached = async |count: usize| {
        while answered.load(Ordering::Relaxed) < count {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let flush = || world.system.valkey().unwrap().flush_all().unwrap();
    let (second, third) =
        (world.system.process("ticketing-2").unwrap(), world.system.process("ticketing-3").unwrap());
    reached(20).await;
    flush();
    reached(40).await;
    second.pause().unwrap();
    reached(60).await;
    third.kill();
    flush();
    reached(80).await;
    second.resume().unwrap();
    tokio::task::block_in_place(|| third.restart()).unwrap();
    reached(120).await;
    flush();
}

/// Somebody who counts the buyer's tickets all the time.
struct Watching {
    is_over: Arc<AtomicBool>,
    counts: JoinHandle<Vec<i64>>,
}

impl Watching {
    async fn begin(world: &World, event: &str) -> Self {
        let url = world.system.postgres().unwrap().url(&Service::Ticketing.database());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let (event, is_over) = (event.to_owned(), Arc::new(AtomicBool::new(false)));
        let over = Arc::clone(&is_over);
        let counts = tokio::spawn(async move {
            let count =
                client.prepare("SELECT count(*) FROM tickets WHERE event_id = $1::text::uuid").await.unwrap();
            let mut seen = Vec::new();
            while !over.load(Ordering::Relaxed) {
                seen.push(client.query_one(&count, &[&event]).await.unwrap().get(0));
            }
            seen
        });
        Self { is_over, counts }
    }

    async fn end(self) -> Vec<i64> {
        self.is_over.store(true, Ordering::Relaxed);
        self.counts.await.unwrap()
    }
}
