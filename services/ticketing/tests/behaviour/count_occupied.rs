//! Availability: how many seats are sold or held, as fresh as the answer, or no answer at all.

use booked_ids::EventId;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Sale, eventually, unknown_event};

async fn occupied(sale: &Sale, events: &[EventId]) -> Value {
    sale.availability(events).await.says("200").json()["occupied"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sold_and_held_seats_are_occupied_from_the_answer_on() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada").at(&sale.instances[1].url);
    assert_eq!(sale.occupied(event).await, Some(0));
    let held = ada.holds(event, 4).await;
    assert_eq!(sale.occupied(event).await, Some(4));
    ada.book(&held[..3]).await.says("200");
    assert_eq!(sale.occupied(event).await, Some(4));
    ada.release(&held[3..]).await.says("200");
    assert_eq!(sale.occupied(event).await, Some(3));
    ada.cancel(event, 2).await.says("200");
    assert_eq!(sale.occupied(event).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_reservation_of_a_crowd_is_counted() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(1_000).await;
    let reservations = sale.crowd(50).into_iter().map(async |buyer| buyer.holds(event, 1).await);
    join_all(reservations).await;
    assert_eq!(sale.occupied(event).await, Some(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_run_out_is_free_before_anybody_takes_it_back() {
    let sale =
        Sale::set_up().flag("--hold-ttl-ms", 300).flag("--janitor-interval-ms", 3_600_000).start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 4).await;
    assert_eq!(sale.occupied(event).await, Some(4));
    eventually("the seats count as free", async || sale.occupied(event).await == Some(0)).await;
    assert!(sale.valkey.is_taken(event, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_stand_in_the_order_of_the_question() {
    let sale = Sale::start().await;
    let (held, sold, untouched, deleted) = (
        sale.create_event(10).await,
        sale.create_event(10).await,
        sale.create_event(10).await,
        sale.create_event(10).await,
    );
    let ada = sale.buyer("Ada");
    ada.holds(held, 1).await;
    ada.buys(sold, 2).await;
    ada.buys(deleted, 3).await;
    sale.delete(deleted).await;
    let unknown = unknown_event();
    let asked = [sold, unknown, held, deleted, untouched, sold, unknown];
    let expected = json!([2, null, 1, null, 0, 2, null]);
    assert_eq!(occupied(&sale, &asked).await, expected);
    assert_eq!(occupied(&sale, &[]).await, json!([]));

    let foreign = json!({ "event_ids": [Uuid::max(), sold.as_uuid(), Uuid::nil()] });
    let answer = sale.internal("/internal/availability", &foreign).await.says("200").json();
    assert_eq!(answer, json!({ "occupied": [null, 2, null] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_inventory_sold_seats_are_occupied_and_none_is_made_by_looking() {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    ada.buys(proms, 3).await;
    ada.holds(gala, 2).await;
    sale.valkey.flush();
    assert_eq!(occupied(&sale, &[gala, proms]).await, json!([0, 3]));
    assert_eq!(sale.valkey.ask::<u8>(&["EXISTS", &format!("{{{proms}}}:taken")]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_is_known_without_looking_at_a_single_ticket() {
    let sale = Sale::set_up().own_postgres().instances(2).start().await;
    let (proms, gala) = (sale.create_event(100).await, sale.create_event(100).await);
    let buys = sale.crowd(20).into_iter().enumerate().map(async |(number, buyer)| {
        let event = if number % 2 == 0 { proms } else { gala };
        buyer.buys(event, 3).await;
        buyer.cancel(event, 1).await.says("200");
    });
    join_all(buys).await;
    sale.valkey.flush();
    // Whoever reads a ticket waits.
    let locked = sale.postgres.hide_tickets().await;
    assert_eq!(occupied(&sale, &[gala, proms]).await, json!([20, 20]));
    drop(locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sold_before_there_were_counts_is_counted() {
    const SOLD_BEFORE: &str =
        include_str!("../../../../migrations/ticketing/20260201000210_sold_before_counts/up.sql");
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    ada.buys(proms, 4).await;
    sale.postgres.execute("TRUNCATE sold_counts");
    // While nothing but this is counted, the release before goes on selling.
    ada.buys(proms, 2).await;
    ada.cancel(proms, 3).await.says("200");
    ada.buys(gala, 1).await;
    sale.postgres.execute(SOLD_BEFORE);
    sale.valkey.flush();
    assert_eq!(occupied(&sale, &[proms, gala]).await, json!([3, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_look_a_booking_finds_a_connection() {
    let sale = Sale::set_up()
        .own_postgres()
        .flag("--database-acquire-timeout-ms", 1_000)
        .flag("--database-timeout-ms", 30_000)
        .start()
        .await;
    let (event, asked) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 5).await;
    let slow = sale.postgres.hide_counts().await;
    let looks = (0..40).map(async |_| sale.availability(&[asked]).await.said());
    let bookings = async {
        eventually("looks are under way", async || {
            sale.postgres.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").parse::<u32>().unwrap()
                > 0
        })
        .await;
        for ticket in &held {
            ada.book(&[*ticket]).await.says("200");
        }
        drop(slow);
    };
    let (said, ()) = tokio::join!(join_all(looks), bookings);
    let fine = said.iter().all(|said| ["200", "503 SYS-07"].contains(&said.as_str()));
    assert!(fine && said.contains(&"200".to_owned()), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_counted_at_once() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    let mut events = Vec::new();
    for number in 0..30 {
        let (event, _) = sale.events.create(10).await;
        if number % 2 == 0 {
            ada.holds(event, 1).await;
        }
        events.push(event);
    }
    sale.create_event(1).await;
    let expected: Vec<u32> = (0..30).map(|number| (number + 1) % 2).collect();
    assert_eq!(occupied(&sale, &events).await, json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_parts_of_the_system_may_ask() {
    let sale = Sale::start().await;
    let path = "/internal/availability";
    sale.as_a_stranger(path, &json!({ "event_ids": [] })).await.says("401 USER-06");
    for body in [json!([]), json!({}), json!({ "event_ids": ["x"] }), json!({ "event_ids": 1 })] {
        sale.internal(path, &body).await.says("400 SYS-01");
    }
}
