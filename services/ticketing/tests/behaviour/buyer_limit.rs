//! How many tickets of an event one buyer may hold and have: never more, whatever runs at once and whatever Valkey loses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_contract::sale::SaleTerms;
use booked_ids::EventId;
use futures_util::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Buyer, Sale, eventually};

fn at_most(max_per_buyer: u32) -> SaleTerms {
    SaleTerms { max_per_buyer: Some(max_per_buyer), ..SaleTerms::default() }
}

async fn limited_event(sale: &Sale, seats: u32, max_per_buyer: u32) -> EventId {
    let event = sale.create_event(seats).await;
    sale.sell(event, at_most(max_per_buyer)).await;
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn reserving_more_than_the_limit_holds_nothing() {
    let sale = Sale::start().await;
    let event = limited_event(&sale, 20, 4).await;
    let ada = sale.buyer("Ada");
    let answer = ada.reserve(event, 5).await.says("409 TICKET-04");
    assert!(answer.json()["error"].as_str().unwrap().contains("no more than 4"), "{}", answer.text);
    ada.holds(event, 3).await;
    ada.reserve(event, 2).await.says("409 TICKET-04");
    assert_eq!(sale.occupied(event).await, Some(3));
    ada.holds(event, 1).await;
    ada.reserve(event, 1).await.says("409 TICKET-04");
    sale.buyer("Bob").holds(event, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_booked_counts_and_what_is_given_back_does_not() {
    let sale = Sale::start().await;
    let event = limited_event(&sale, 20, 4).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    let held = ada.holds(event, 2).await;
    ada.reserve(event, 1).await.says("409 TICKET-04");
    ada.release(&held[..1]).await.says("200");
    ada.holds(event, 1).await;
    ada.reserve(event, 1).await.says("409 TICKET-04");
    for _ in 0..3 {
        ada.cancel(event, 1).await.says("200");
        ada.buys(event, 1).await;
        ada.reserve(event, 1).await.says("409 TICKET-04");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_holds_says_how_many_more_may_be_reserved() {
    let sale = Sale::start().await;
    let (event, free) = (limited_event(&sale, 20, 4).await, sale.create_event(5).await);
    let ada = sale.buyer("Ada");
    let limit = async |query: String| {
        let answer = ada.list_holds(&query).await.says("200").json();
        (answer["max_per_buyer"].as_u64(), answer["left"].as_u64())
    };
    let of_event = || format!("?event_id={event}");
    assert_eq!(limit(of_event()).await, (Some(4), Some(4)), "before anything was reserved");
    ada.buys(event, 1).await;
    ada.holds(event, 2).await;
    assert_eq!(limit(of_event()).await, (Some(4), Some(1)));
    sale.valkey.flush();
    assert_eq!(limit(of_event()).await, (Some(4), Some(3)), "holds were lost, tickets were not");
    sale.sell(event, at_most(1)).await;
    ada.buys(free, 2).await;
    assert_eq!(limit(format!("?event_id={free}")).await, (None, None));
    assert_eq!(limit(String::new()).await, (None, None));
    assert_eq!(limit(of_event()).await, (Some(1), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_run_out_counts_no_more() {
    let sale = Sale::set_up().flag("--hold-ttl-ms", 300).start().await;
    let event = limited_event(&sale, 20, 2).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 2).await;
    eventually("the holds have run out", async || ada.reserve(event, 2).await.said() == "200").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deployments_default_is_for_events_without_a_limit_of_their_own() {
    let sale = Sale::set_up().flag("--max-per-buyer", 2).start().await;
    let (usual, special) = (sale.create_event(9).await, limited_event(&sale, 9, 3).await);
    let ada = sale.buyer("Ada");
    ada.reserve(usual, 3).await.says("409 TICKET-04");
    ada.buys(usual, 2).await;
    ada.reserve(usual, 1).await.says("409 TICKET-04");
    ada.buys(special, 3).await;
    ada.reserve(special, 1).await.says("409 TICKET-04");
    sale.sell(special, SaleTerms::default()).await;
    sale.buyer("Bob").reserve(special, 3).await.says("409 TICKET-04");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_bought_is_known_after_valkey_lost_everything() {
    let sale = Sale::start().await;
    let event = limited_event(&sale, 20, 3).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    sale.valkey.flush();
    ada.reserve(event, 2).await.says("409 TICKET-04");
    ada.holds(event, 1).await;
    ada.reserve(event, 1).await.says("409 TICKET-04");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_comes_late_counts_what_was_held_and_bought_before() {
    let sale = Sale::start().await;
    let event = sale.create_event(20).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    ada.holds(event, 1).await;
    sale.sell(event, at_most(3)).await;
    ada.reserve(event, 2).await.says("409 TICKET-04");
    ada.holds(event, 1).await;
    ada.reserve(event, 1).await.says("409 TICKET-04");
}

#[tokio::test(flavor = "multi_thread")]
async fn lowering_the_limit_takes_nothing_away() {
    let sale = Sale::start().await;
    let event = limited_event(&sale, 20, 4).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    let held = ada.holds(event, 1).await;
    sale.sell(event, at_most(1)).await;
    assert_eq!(ada.tickets_of(event).await, 2);
    ada.reserve(event, 1).await.says("409 TICKET-04");
    ada.book(&held).await.says("409 TICKET-04");
    ada.cancel(event, 2).await.says("200");
    ada.book(&held).await.says("200");
}

/// Makes Valkey forget the limit, so that it gives what it should not.
async fn forget_the_limit(sale: &Sale, event: EventId) {
    // Now there is an inventory.
    let bob = sale.buyer("Bob");
    bob.release(&bob.holds(event, 1).await).await.says("200");
    sale.valkey.ask::<i64>(&["HSET", &format!("{{{event}}}:meta"), "limit", "0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn booking_decides_again_in_postgres() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = limited_event(&sale, 20, 3).await;
    let ada = sale.buyer("Ada");
    forget_the_limit(&sale, event).await;
    let held = ada.holds(event, 8).await;
    ada.book(&held).await.says("409 TICKET-04");
    assert_eq!(sale.occupied(event).await, Some(8), "the holds are as they were");
    ada.book(&held[..2]).await.says("200");
    ada.book(&held[2..4]).await.says("409 TICKET-04");
    ada.book(&held[2..3]).await.says("200");
    ada.at(&sale.instances[1].url).book(&held[3..4]).await.says("409 TICKET-04");
    ada.book(&held[..3]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_bookings_at_once_no_more_come_through_than_the_limit() {
    let sale = Sale::set_up().instances(3).flag("--contention-wait-max-ms", 30_000).start().await;
    let event = limited_event(&sale, 60, 5).await;
    forget_the_limit(&sale, event).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 30).await;
    let bookings = held.iter().enumerate().map(async |(n, ticket)| {
        let ada = ada.at(&sale.instances[n % 3].url);
        ada.book(&[*ticket]).await.says_one_of(&["200", "409 TICKET-04"]).said()
    });
    let said = join_all(bookings).await;
    assert_eq!(said.iter().filter(|said| *said == "200").count(), 5);
    assert_eq!(ada.tickets_of(event).await, 5);
}

/// Reserves and books without end.
async fn buy_without_end(buyer: Buyer, event: EventId, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        let answer = buyer.reserve(event, 1).await;
        let tickets: Vec<Uuid> =
            serde_json::from_value(answer.json()["ticket_ids"].clone()).unwrap_or_default();
        if tickets.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        } else if buyer.book(&tickets).await.said() == "200" {
            // Room for the next ones, so that there is a race to the end.
            buyer.cancel(event, 1).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_more_in_any_moment_whatever_valkey_loses() {
    let sale = Sale::set_up().instances(3).own_valkey().start().await;
    let event = limited_event(&sale, 400, 4).await;
    let ada = sale.buyer("Ada");
    let is_over = Arc::new(AtomicBool::new(false));
    let buyers: Vec<_> = (0..200)
        .map(|n| {
            let ada = ada.at(&sale.instances[n % 3].url);
            tokio::spawn(buy_without_end(ada, event, Arc::clone(&is_over)))
        })
        .collect();
    let has = format!("SELECT count(*) FROM tickets WHERE user_id = '{}'", ada.id());
    for round in 0..60 {
        let count: u32 = sale.postgres.execute(&has).parse().unwrap();
        assert!(count <= 4, "{count} tickets");
        if round % 20 == 10 {
            sale.valkey.flush();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eventually("something was bought", async || most_at_once(&sale, &ada) > 0).await;
    is_over.store(true, Ordering::SeqCst);
    for buyer in buyers {
        buyer.await.unwrap();
    }
    let booked = most_at_once(&sale, &ada);
    assert!(booked > 0, "nothing was ever bought");
    assert!(booked <= 4, "the ledger says that there were {booked} tickets at once");
}

/// How many tickets the user had at most, by the ledger: its rows are in the order of the locks.
fn most_at_once(sale: &Sale, buyer: &Buyer) -> i64 {
    let rows = sale.postgres.execute(
        "SELECT data FROM outbox WHERE kind IN ('booked.ticketing.tickets_booked', \
         'booked.ticketing.tickets_cancelled') ORDER BY id",
    );
    let (mut has, mut most) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        if row["user_id"] != buyer.id().as_str() {
            continue;
        }
        let count = |seats: &Value| seats.as_array().map_or(0, |seats| i64::try_from(seats.len()).unwrap());
        has += count(&row["seats"]) - count(&row["tickets"]);
        most = most.max(has);
    }
    most
}
