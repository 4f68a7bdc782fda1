//! Catching up: what the event service has written is applied before the answer.

use std::time::Duration;

use booked_contract::feed::EventState;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Feeding, Sale, eventually, seats, unknown_event};

/// The event service waits no longer; the rest is for a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_caught_up_to_is_on_sale() {
    let sale = Sale::set_up().instances(2).start().await;
    for _ in 0..10 {
        let (event, position) = sale.events.create(5).await;
        sale.catch_up_to(position, event).await;
        assert_eq!(sale.occupied(event).await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_grown_is_on_sale_whoever_pulled_the_feed() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(1).await;
    let ada = sale.buyer("Ada").at(&sale.instances[1].url);
    ada.holds(event, 1).await;
    for capacity in 2..=30 {
        sale.grow(event, capacity).await;
        assert_eq!(seats(&ada.holds(event, 1).await), [capacity]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_reached_needs_no_feed() {
    let sale = Sale::start().await;
    let (event, position) = sale.events.create(5).await;
    sale.catch_up_to(position, event).await;
    sale.events.feeds(Feeding::Away);
    sale.catch_up(&position.to_string()).await.says("200");
    sale.catch_up("0").await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_cannot_be_reached_is_given_up_in_time() {
    let sale = Sale::start().await;
    let (event, position) = sale.events.create(5).await;
    sale.catch_up_to(position, event).await;
    let future = (position.row_id() + 1_000_000_000).to_string();
    for feeding in [Feeding::Serving, Feeding::Silent, Feeding::Away] {
        sale.events.feeds(feeding);
        sale.catch_up(&future).await.says("503 SYS-07").within(ANSWER_WITHIN);
    }
    assert_eq!(sale.occupied(event).await, Some(0));
    sale.events.feeds(Feeding::Serving);
    let (event, later) = sale.events.create(5).await;
    sale.catch_up_to(later, event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn growth_that_another_instance_has_yet_to_show_valkey_is_shown_before_the_answer() {
    let sale = Sale::start().await;
    let event = sale.create_event(2).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 2).await;
    let position = sale.events.change(event, |state| state.seat_count = 3).await;
    sale.catch_up_to(position, event).await;
    // As if the instance that carried out the change had stopped just after that; its job may be about to show it.
    eventually("Valkey does not know of it", async || {
        sale.valkey.ask::<i64>(&["HSET", &format!("{{{event}}}:meta"), "capacity", "2"]);
        let answer = ada.reserve(event, 1).await;
        if answer.status == 200 {
            let tickets: Vec<Uuid> = serde_json::from_value(answer.json()["ticket_ids"].clone()).unwrap();
            ada.release(&tickets).await.says("200");
        }
        answer.said() == "400 TICKET-01"
    })
    .await;
    sale.catch_up_to(position, event).await;
    ada.holds(event, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_has_yet_to_come_is_not_taken_for_a_deleted_one() {
    let sale = Sale::start().await;
    let (known, position) = sale.events.create(5).await;
    let unknown = unknown_event();
    sale.catch_up_to(position, unknown).await;
    let state = EventState { event_id: unknown.as_uuid(), ..sale.events.state(known) };
    let position = sale.events.publish(unknown, state).await;
    sale.catch_up_to(position, unknown).await;
    sale.buyer("Ada").holds(unknown, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_position_is_no_reason_to_pull() {
    let sale = Sale::start().await;
    let pulls = sale.events.pulls();
    for position in ["", "-1", "1-1", "a", "1 ", "9223372036854775808"] {
        sale.catch_up(position).await.says("400 SYS-01");
    }
    for body in [json!({}), json!([]), json!({ "position": 1 }), json!({ "position": null })] {
        sale.internal("/internal/catch-up", &body).await.says("400 SYS-01");
    }
    sale.as_a_stranger("/internal/catch-up", &json!({ "position": "1" })).await.says("401 USER-06");
    assert_eq!(sale.events.pulls(), pulls);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_needs_to_ask() {
    let sale = Sale::start().await;
    let (event, _) = sale.events.create(5).await;
    eventually("ticketing knows the event", async || sale.occupied(event).await == Some(0)).await;
}

/// The event service answers its caller that the change is in effect.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_valkey_did_not_follow_is_not_confirmed() {
    let sale = Sale::set_up().own_valkey().start().await;
    let event = sale.create_event(5).await;
    let position = sale.events.change(event, |state| state.seat_count = 6).await;
    sale.valkey.stop();
    let body = json!({ "position": position.to_string(), "event_id": event.to_string() });
    sale.internal("/internal/catch-up", &body).await.says("503 SYS-07");
    sale.valkey.start_again();
    sale.catch_up_to(position, event).await;
    assert_eq!(sale.buyer("Ada").holds(event, 6).await.len(), 6);
}
