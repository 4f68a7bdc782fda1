//! Many requests with one idempotency key at the same moment, at several replicas: one of them is carried out.

use booked_ids::EventId;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Buyer, Sale, ask, eventually, json_ids};

const CALLS: usize = 64;

/// Sends it to the instances in turn, all at once; one is the first, and all others get its answer.
async fn send_at_once(sale: &Sale, buyer: &Buyer, path: &str, body: &Value) {
    let key = format!("{path} {body}").replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    let key = key.get(..key.len().min(200)).unwrap_or_default();
    let buyers: Vec<Buyer> = sale.instances.iter().map(|it| buyer.at(&it.url).with_key(key)).collect();
    let calls = buyers.iter().cycle().take(CALLS).map(|buyer| buyer.post(path, body));
    let answers = join_all(calls).await;
    let texts: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{path}: {texts:?}");
    let firsts = answers.into_iter().map(|answer| answer.says("200")).filter(|answer| !answer.is_replay);
    assert_eq!(firsts.count(), 1, "{path}");
}

fn seats(event: EventId, count: u32) -> Value {
    json!({ "event_id": event.to_string(), "count": count })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_carried_out_and_the_others_get_its_answer() {
    let sale = Sale::set_up().instances(3).start().await;
    let event = sale.create_event(1_000).await;
    let ada = sale.buyer("Ada");

    send_at_once(&sale, &ada, "/ticket/reserve/", &seats(event, 3)).await;
    assert_eq!(sale.occupied(event).await, Some(3));

    let held = ada.holds(event, 10).await;
    send_at_once(&sale, &ada, "/ticket/release/", &json_ids(&held[..5])).await;
    assert_eq!(sale.occupied(event).await, Some(8));
    let other = sale.create_event(1_000).await;
    let several = [ada.holds(event, 2).await, ada.holds(other, 3).await].concat();
    send_at_once(&sale, &ada, "/ticket/release/", &json_ids(&several)).await;
    assert_eq!((sale.occupied(event).await, sale.occupied(other).await), (Some(8), Some(0)));
    send_at_once(&sale, &ada, "/ticket/book/", &json_ids(&held[5..])).await;
    assert_eq!(ada.tickets_of(event).await, 5);

    send_at_once(&sale, &ada, "/ticket/cancel/", &seats(event, 1)).await;
    assert_eq!(ada.tickets_of(event).await, 4);
    let left = ada.list_tickets("").await.json();
    let ticket = left["tickets"][0]["ticket_id"].clone();
    send_at_once(&sale, &ada, "/ticket/cancel_tickets/", &json!({ "ticket_ids": [ticket] })).await;
    assert_eq!(ada.tickets_of(event).await, 3);
    send_at_once(&sale, &ada, "/waitlist/add/", &seats(event, 2)).await;
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM waitlist_entries"), "1");
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM idempotency_keys"), "4", "of those in Postgres");
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_of_different_tickets_with_one_key_are_one_booking() {
    let sale = Sale::set_up().instances(3).start().await;
    let event = sale.create_event(1_000).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 60).await;
    let keyed: Vec<Buyer> = sale.instances.iter().map(|it| ada.at(&it.url).with_key("k")).collect();
    let calls = held.chunks(2).zip(keyed.iter().cycle()).map(|(tickets, buyer)| buyer.book(tickets));
    let answers = join_all(calls).await;
    let said: Vec<String> =
        answers.into_iter().map(|answer| answer.says_one_of(&["200", "422 IDEM-02"]).said()).collect();
    assert_eq!(said.iter().filter(|said| *said == "200").count(), 1, "{said:?}");
    assert_eq!(ada.tickets_of(event).await, 2);
    assert_eq!(ada.list_holds("").await.json()["holds"][0]["ticket_ids"].as_array().unwrap().len(), 58);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_the_first_is_told_so_and_asks_again() {
    let sale = Sale::set_up().own_postgres().instances(2).start().await;
    let event = sale.create_event(9).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 3).await;
    let keyed: Vec<Buyer> = sale.instances.iter().map(|it| ada.at(&it.url).with_key("k")).collect();
    let locked = sale.postgres.lock_event(event).await;
    let first = tokio::spawn({
        let keyed = keyed[0].clone();
        async move { keyed.cancel(event, 1).await }
    });
    eventually("the first one waits for the event", async || {
        sale.postgres.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0"
    })
    .await;
    let impatient = keyed[0].request(Method::POST, "/ticket/cancel/").header("x-booked-deadline-ms", "1000");
    let impatient = ask("Ada, for a second".to_owned(), impatient.body(seats(event, 1).to_string()));
    impatient.await.says("409 IDEM-03");
    drop(locked);
    let first = first.await.unwrap().says("200");
    assert!(!first.is_replay);
    for buyer in &keyed {
        assert!(buyer.cancel(event, 1).await.says("200").is_replay);
    }
    assert_eq!(ada.tickets_of(event).await, 2);
}
