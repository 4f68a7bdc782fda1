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
use booked_client::{Call, Client, Failure, FromAnswer, operations as op};
use booked_contract::{Code, event::NewEvent};
use booked_local_system::{Replicas, Service};
use booked_system_tests::{World, eventually};
use futures_util::future::join_all;
use tokio::{task::JoinHandle, time::sleep};
use tokio_postgres::NoTls;
use uuid::Uuid;

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
    let buyer = world.member().await.unwrap().client;
    let (answered, tally) = (Arc::new(AtomicUsize::new(0)), Arc::new(Tally::default()));
    let watching = Watching::begin(&world, event).await;

    let purchases = (0..PURCHASES).map(|number| {
        let buyer = buyer.clone();
        let (answered, tally) = (Arc::clone(&answered), Arc::clone(&tally));
        tokio::spawn(async move {
            purchase(&buyer, event, number % 2 == 0, &tally).await;
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
        purchase(&buyer, event, false, &tally).await;
        let bookings = buyer.call(op::list_bookings()).await;
        match bookings.as_deref() {
            Ok([row]) if i64::from(row.number_of_tickets) == LIMIT => Ok(()),
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

async fn limited_event(world: &World, admin: &Client) -> Uuid {
    let event = NewEvent { max_per_buyer: Some(LIMIT), ..World::new_event(500) };
    let id = admin.call(op::create_event(&event)).await.unwrap().event_id;
    let event = world.anyone.call(op::get_event(id)).await.unwrap();
    assert_eq!(event.max_per_buyer.map(i64::from), Some(LIMIT));
    id
}

/// Reserves, books if that was granted, and cancels again if it is to; each is sent with a key until its outcome is known.
async fn purchase(buyer: &Client, event: Uuid, cancels: bool, tally: &Tally) {
    let held = match until_known(buyer, op::reserve_tickets(event, 1)).await {
        Ok(held) => held.ticket_ids,
        Err(failure) => return assert_refused(&failure, &[Code::OverBuyerLimit]),
    };
    if let Err(failure) = until_known(buyer, op::book_tickets(&held)).await {
        // A hold that Valkey has lost is nobody's, or somebody else's by now.
        return assert_refused(&failure, &[Code::NotReserved, Code::NotYourTicket, Code::OverBuyerLimit]);
    }
    tally.booked.fetch_add(1, Ordering::Relaxed);
    if cancels {
        // Another purchase may have cancelled this very ticket: the latest go first.
        match until_known(buyer, op::cancel_tickets(event, 1)).await {
            Ok(()) => _ = tally.cancelled.fetch_add(1, Ordering::Relaxed),
            Err(failure) => assert_refused(&failure, &[Code::NotYourTicket]),
        }
    }
}

/// What could not be booked when it was reserved, since the buyer had enough.
async fn book_what_is_held(buyer: &Client, tally: &Tally) {
    let Ok(held) = buyer.call(op::list_holds(None)).await else { return };
    for hold in held.holds {
        let booked = until_known(buyer, op::book_tickets(&hold.ticket_ids)).await;
        tally.booked.fetch_add(booked.map_or(0, |()| hold.ticket_ids.len()), Ordering::Relaxed);
    }
}

fn assert_refused(failure: &Failure, codes: &[Code]) {
    let code = match failure {
        Failure::Api(error) => error.code(),
        _ => None,
    };
    assert!(code.is_some_and(|code| codes.contains(&code)), "{failure}");
}

/// Sends it again far longer than the client would by itself, and also after 500, which nobody should rely on.
async fn until_known<T: FromAnswer>(buyer: &Client, call: Call<T>) -> Result<T, Failure> {
    let call = call.keyed();
    let mut answered = buyer.send_once(&call).await;
    for _ in 0..TRIES {
        let is_known = match &answered {
            Ok(_) => true,
            Err(Failure::Api(error)) => {
                !matches!(error.status, 429 | 500..) && error.code() != Some(Code::FirstRequestUnderWay)
            }
            Err(_) => false,
        };
        if is_known {
            break;
        }
        sleep(PAUSE).await;
        answered = buyer.send_once(&call).await;
    }
    answered.map(|answer| answer.value)
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
    async fn begin(world: &World, event: Uuid) -> Self {
        let url = world.system.postgres().unwrap().url(&Service::Ticketing.database());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let (event, is_over) = (event.to_string(), Arc::new(AtomicBool::new(false)));
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
