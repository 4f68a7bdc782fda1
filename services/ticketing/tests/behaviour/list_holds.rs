//! Listing holds: what a user holds, by event and moment of expiry, so that it is found again after an answer was lost.

use std::collections::BTreeMap;

use booked_ids::EventId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Buyer, Sale, eventually, unknown_event};

fn of(event: EventId) -> String {
    format!("?event_id={event}")
}

/// Lists with success; the entries.
async fn holds(buyer: &Buyer, query: &str) -> Vec<Value> {
    let answer = buyer.list_holds(query).await.says("200").json();
    let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["holds"], "nobody is limited");
    answer["holds"].as_array().unwrap().clone()
}

/// The tickets of all entries, rising.
fn tickets(holds: &[Value]) -> Vec<Uuid> {
    let ids = holds.iter().flat_map(|hold| hold["ticket_ids"].as_array().unwrap());
    let mut ids: Vec<Uuid> = ids.map(|id| id.as_str().unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_entry_for_each_moment_of_expiry_the_earliest_first() {
    let sale = Sale::start().await;
    let patient = sale.start_instance_with(&[("--hold-ttl-ms", "900000")]).await;
    patient.until_ready().await;
    let event = sale.create_event(20).await;
    let ada = sale.buyer("Ada");
    let mut granted: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for (buyer, count) in
        [(ada.at(&patient.url), 2), (ada.clone(), 3), (ada.clone(), 1), (ada.at(&patient.url), 1)]
    {
        let answer = buyer.reserve(event, count).await.says("200").json();
        let moment = granted.entry(answer["expires_unix_time"].as_i64().unwrap()).or_default();
        moment.extend(answer["ticket_ids"].as_array().unwrap().clone());
    }
    sale.buyer("Bob").holds(event, 1).await;
    let expected: Vec<Value> = granted
        .into_iter()
        .map(|(moment, tickets)| {
            json!({ "event_id": event.to_string(), "ticket_ids": tickets, "expires_unix_time": moment })
        })
        .collect();
    assert_eq!(holds(&ada, &of(event)).await, expected);
    assert_eq!(holds(&ada.at(&patient.url), &of(event)).await, expected, "wherever they ask");
    eventually("without the event's id it is the same", async || holds(&ada, "").await == expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_event_those_of_all_events_are_listed() {
    let sale = Sale::start().await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    assert_eq!(holds(&ada, "").await, Vec::<Value>::new());
    let mut all = Vec::new();
    for _ in 0..3 {
        let event = sale.create_event(10).await;
        all.extend(ada.holds(event, 2).await);
        bob.holds(event, 1).await;
    }
    all.sort_unstable();
    eventually("all are listed", async || tickets(&holds(&ada, "").await) == all).await;
    ada.release(&all[..2]).await.says("200");
    ada.book(&all[2..4]).await.says("200");
    assert_eq!(tickets(&holds(&ada, "").await), all[4..], "what is held no more is not listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_booked_or_expired_is_not_listed() {
    let sale = Sale::start().await;
    let hasty = sale.start_instance_with(&[("--hold-ttl-ms", "1")]).await;
    hasty.until_ready().await;
    let event = sale.create_event(20).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 6).await;
    ada.release(&held[..1]).await.says("200");
    ada.book(&held[1..3]).await.says("200");
    ada.at(&hasty.url).holds(event, 1).await;
    eventually("what has expired is not listed", async || {
        tickets(&holds(&ada, &of(event)).await) == held[3..]
    })
    .await;
    ada.cancel(event, 1).await.says("200");
    assert_eq!(tickets(&holds(&ada, &of(event)).await), held[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_is_just_booking_is_listed_and_can_be_booked_again() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 2).await;
    let before = holds(&ada, &of(event)).await;
    let locked = sale.postgres.lock_event(event).await;
    let booking = tokio::spawn({
        let (ada, held) = (ada.clone(), held.clone());
        async move { ada.book(&held).await }
    });
    let settling = format!("{{{event}}}:settling");
    eventually("they are claimed", async || sale.valkey.ask::<u32>(&["ZCARD", &settling]) == 2).await;
    assert_eq!(holds(&ada, &of(event)).await, before);
    drop(locked);
    booking.await.unwrap().says("200");
    assert_eq!(holds(&ada, &of(event)).await, Vec::<Value>::new());
    ada.book(&held).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_event_that_is_unknown_deleted_or_not_loaded_nothing_is_held() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    let gone = sale.create_event(10).await;
    ada.holds(gone, 1).await;
    sale.delete(gone).await;
    for event in [unknown_event(), sale.create_event(10).await] {
        assert_eq!(holds(&ada, &of(event)).await, Vec::<Value>::new());
    }
    assert_eq!(holds(&ada, &format!("?event_id={}", ada.id())).await, Vec::<Value>::new(), "no event's id");
    eventually("nor of one that is deleted", async || holds(&ada, &of(gone)).await.is_empty()).await;
    assert_eq!(holds(&ada, "").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    sale.internal_get("/ticket/holds/?event_id=x").await.says("401 USER-06");
    let ada = sale.buyer("Ada");
    for odd in ["?event_id=x", "?event_id=", "?event_id", "?event_id=%00", "?event_id=x&event_id="] {
        ada.list_holds(odd).await.says("400 SYS-03");
    }
    assert_eq!(holds(&ada, "?limit=x&Event_id=y").await, Vec::<Value>::new());
}
