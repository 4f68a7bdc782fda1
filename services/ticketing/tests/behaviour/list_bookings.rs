//! Listing bookings: what a user holds now, one row an event, the latest first.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Buyer, Sale};

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["event_name"].as_str().unwrap()).collect()
}

/// As if the user had booked these seats of whatever event at this time.
fn booked_at(sale: &Sale, buyer: &Buyer, seats: &str, unix_s: i64) {
    sale.postgres.execute(&format!(
        "UPDATE tickets SET booked_at = to_timestamp({unix_s}.9)
         WHERE user_id = '{}' AND right(id::text, 1) IN ({seats})",
        buyer.id()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_tells_the_event_and_how_many_tickets_the_user_holds_since_when() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 3).await;
    booked_at(&sale, &ada, "'1', '2'", 1_800_000_000);
    booked_at(&sale, &ada, "'3'", 1_800_000_777);
    assert_eq!(
        ada.bookings().await,
        [json!({
            "event_id": event.to_string(),
            "event_name": "Event of 10 seats",
            "event_unix_time": 1_900_000_000,
            "event_address": "Royal Albert Hall, London",
            "event_description": "With the BBC Symphony Orchestra",
            "event_latitude": 51.5009,
            "event_longitude": -0.1774,
            "number_of_tickets": 3,
            "booking_unix_time": 1_800_000_777,
            "event_status": "on_sale",
        })]
    );
    ada.cancel(event, 1).await.says("200");
    let rows = ada.bookings().await;
    assert_eq!(
        (&rows[0]["number_of_tickets"], &rows[0]["booking_unix_time"]),
        (&json!(2), &json!(1_800_000_000))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_coordinates_has_none_in_its_row() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    let nowhere = sale
        .events
        .change(event, |state| (state.details.latitude, state.details.longitude) = (None, None))
        .await;
    sale.catch_up_to(nowhere, event).await;
    let rows = ada.bookings().await;
    let fields: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert!(!fields.iter().any(|field| field.contains("itude")), "{fields:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_booked_last_comes_first() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    let mut events = Vec::new();
    for seats in 1..=3 {
        let event = sale.create_event(seats * 10).await;
        ada.buys(event, 1).await;
        events.push(event);
    }
    assert_eq!(names(&ada.bookings().await), ["Event of 30 seats", "Event of 20 seats", "Event of 10 seats"]);
    ada.buys(events[1], 1).await;
    assert_eq!(names(&ada.bookings().await), ["Event of 20 seats", "Event of 30 seats", "Event of 10 seats"]);
    ada.cancel(events[1], 1).await.says("200");
    assert_eq!(names(&ada.bookings().await), ["Event of 30 seats", "Event of 20 seats", "Event of 10 seats"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_cancelled_and_other_peoples_tickets_are_not_listed() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    assert_eq!(ada.bookings().await, Vec::<Value>::new());
    bob.buys(event, 2).await;
    ada.holds(event, 2).await;
    assert_eq!(ada.bookings().await, Vec::<Value>::new());
    ada.buys(event, 2).await;
    ada.cancel(event, 2).await.says("200");
    assert_eq!(ada.bookings().await, Vec::<Value>::new());
    assert_eq!(bob.tickets_of(event).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_is_shown_as_it_is_now_and_a_deleted_one_no_more() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    let renamed = sale.events.change(event, |state| state.details.name = "Ωther – \"näme\"".to_owned()).await;
    sale.catch_up_to(renamed, event).await;
    assert_eq!(names(&ada.bookings().await), ["Ωther – \"näme\""]);
    sale.delete(event).await;
    assert_eq!(ada.bookings().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_logged_in_is_told_so() {
    let sale = Sale::start().await;
    let nobody = sale.internal_get("/user/bookings/").await;
    nobody.says("401 USER-06");
    let ada = sale.buyer("Ada");
    ada.send(Method::GET, "/user/bookings/?limit=x&user=y", None).await.says("200");
}
