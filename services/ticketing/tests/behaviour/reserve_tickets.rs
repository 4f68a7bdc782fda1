//! Reserving: seats are held for a while, all or none.

use std::{collections::HashSet, time::Duration};

use booked_ids::EventId;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Buyer, Feeding, Sale, eventually, seats, unknown_event};

/// The longest that a client waits for an answer, whatever is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_names_the_tickets_and_until_when_they_are_held() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let unix_s = || sale.valkey.ask::<(i64, i64)>(&["TIME"]).0;

    let earliest = unix_s() + 600;
    let answer = ada.reserve(event, 3).await.says("200").json();
    let latest = unix_s() + 600;

    let tickets: Vec<String> = serde_json::from_value(answer["ticket_ids"].clone()).unwrap();
    let of_event = &event.to_string()[..28];
    assert_eq!(tickets, [1, 2, 3].map(|seat| format!("{of_event}{seat:08x}")));
    let expires = answer["expires_unix_time"].as_i64().unwrap();
    assert!((earliest..=latest).contains(&expires), "{expires} is not within {earliest}..={latest}");
    assert_eq!(sale.occupied(event).await, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_a_seat_that_somebody_holds() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    assert_eq!(seats(&sale.buyer("Ada").holds(event, 2).await), [1, 2]);
    assert_eq!(seats(&sale.buyer("Bob").holds(event, 3).await), [3, 4, 5]);
    sale.buyer("Cyd").reserve(event, 1).await.says("400 TICKET-01");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_than_is_free_holds_nothing() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.holds(event, 3).await;
    bob.reserve(event, 3).await.says("400 TICKET-01");
    assert_eq!(sale.occupied(event).await, Some(3));
    assert_eq!(bob.holds(event, 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_reserves_1_to_100_seats() {
    let sale = Sale::start().await;
    let event = sale.create_event(1_000_000).await;
    let ada = sale.buyer("Ada");
    for count in [0, -1, 101, 1_000_000, i64::MIN, i64::MAX] {
        ada.reserve(event, count).await.says("400 TICKET-01");
    }
    ada.post("/ticket/reserve/", &json!({ "event_id": event.to_string() })).await.says("400 TICKET-01");
    ada.post("/ticket/reserve/", &json!({ "event_id": event.to_string(), "count": null }))
        .await
        .says("400 TICKET-01");
    assert_eq!(sale.occupied(event).await, Some(0));
    assert_eq!(ada.holds(event, 100).await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_does_not_hold_a_whole_event() {
    let sale = Sale::start().await;
    let event = sale.create_event(5_000).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = ada.holds(event, 100).await;
    let refused = ada.reserve(event, 1).await.says("429 SYS-06");
    let again_in: u64 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=60).contains(&again_in), "to be tried again in {again_in} s");
    ada.release(&held[..50]).await.says("200");
    ada.reserve(event, 50).await.says("429 SYS-06");
    assert_eq!(sale.occupied(event).await, Some(50));
    ada.book(&held[50..]).await.says("200");
    ada.holds(event, 50).await;
    bob.holds(event, 100).await;
    let other = sale.create_event(100).await;
    ada.holds(other, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_their_mind_a_few_times_is_not_kept_waiting() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    for _ in 0..20 {
        let held = ada.holds(event, 4).await;
        ada.release(&held).await.says("200");
    }
    ada.buys(event, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_of_one_call_are_neighbours_where_there_are_any() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 6).await;
    ada.release(&[held[1], held[3], held[4]]).await.says("200");

    assert_eq!(seats(&ada.holds(event, 2).await), [4, 5], "the first two neighbours");
    assert_eq!(seats(&ada.holds(event, 3).await), [7, 8, 9], "seat 2 alone is too little");
    assert_eq!(seats(&ada.holds(event, 2).await), [2, 10], "no neighbours are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_seats_of_a_large_event_can_be_had() {
    let sale = Sale::set_up().flag("--holds-per-user-max", 0).start().await;
    let event = sale.create_event(250).await;
    let ada = sale.buyer("Ada");
    for _ in 0..2 {
        ada.holds(event, 100).await;
    }
    ada.reserve(event, 51).await.says("400 TICKET-01");
    assert_eq!(seats(&ada.holds(event, 50).await), (201..=250).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_uuid_is_invalid_and_what_no_event_has_is_unknown() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await.to_string();
    let ada = sale.buyer("Ada");
    let reserve = async |id: &str| ada.post("/ticket/reserve/", &json!({ "event_id": id, "count": 1 })).await;
    let (simple, braced, urn) = (event.replace('-', ""), format!("{{{event}}}"), format!("urn:uuid:{event}"));
    for id in ["", " ", "7", &simple, &braced, &urn, &event[1..], &format!("{event} "), &"é".repeat(18)] {
        reserve(id).await.says("400 SYS-03");
    }
    for body in [json!({ "count": 1 }), json!({ "event_id": null, "count": 1 })] {
        ada.post("/ticket/reserve/", &body).await.says("400 SYS-03");
    }
    for id in [Uuid::nil(), Uuid::max(), ada.identity.user.as_uuid(), unknown_event().as_uuid()] {
        reserve(&id.to_string()).await.says("400 EVENT-03");
    }
    reserve(&event.to_uppercase()).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let path = "/ticket/reserve/";
    let good = json!({ "event_id": event.to_string(), "count": 1 });

    sale.as_a_stranger(path, &good).await.says("401 USER-06");
    sale.internal(path, &good).await.says("401 USER-06");
    sale.internal(path, &json!([])).await.says("401 USER-06");
    for body in ["", "[]", "7", "{", "null", r#"{"count":"1"}"#, r#"{"event_id":7}"#, r#"{"count":1.0}"#] {
        ada.send(Method::POST, path, Some(body.to_owned())).await.says("400 SYS-01");
    }
    ada.post(path, &json!({ "event_id": "?", "count": 0 })).await.says("400 SYS-03");
    ada.reserve(unknown_event(), 0).await.says("400 TICKET-01");
    ada.reserve(unknown_event(), 1).await.says("400 EVENT-03");
    ada.reserve(event, 6).await.says("400 TICKET-01");
    assert_eq!(sale.occupied(event).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_on_sale_as_soon_as_its_feed_tells_it() {
    let sale = Sale::start().await;
    let (event, _) = sale.events.create(5).await;
    sale.buyer("Ada").holds(event, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_feed_away_known_events_sell_and_of_others_nobody_says_that_they_are_not_there() {
    let sale = Sale::set_up().with_limits_of_production().start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    for feeding in [Feeding::Away, Feeding::Silent] {
        sale.events.feeds(feeding);
        ada.reserve(unknown_event(), 1).await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.holds(event, 1).await;
    }
    sale.events.feeds(Feeding::Serving);
    eventually("the event is unknown again", async || {
        ada.reserve(unknown_event(), 1).await.said() == "400 EVENT-03"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_for_an_unknown_event_share_the_pulls() {
    let sale = Sale::start().await;
    sale.create_event(1).await;
    let before = sale.events.pulls();
    let answers = sale.crowd(100).into_iter().map(async |buyer| buyer.reserve(unknown_event(), 1).await);
    for answer in join_all(answers).await {
        answer.says("400 EVENT-03");
    }
    let pulls = sale.events.pulls() - before;
    assert!(pulls <= 20, "{pulls} pulls for 100 buyers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_unknown_and_its_holds_are_gone() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 2).await;
    sale.delete(event).await;

    ada.reserve(event, 1).await.says("400 EVENT-03");
    ada.book(&held).await.says("400 TICKET-02");
    assert_eq!(sale.occupied(event).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_seats_go_on_sale_at_once() {
    let sale = Sale::start().await;
    let event = sale.create_event(2).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 2).await;
    for capacity in 3..=20 {
        sale.grow(event, capacity).await;
        assert_eq!(seats(&ada.holds(event, 1).await), [capacity]);
        ada.reserve(event, 1).await.says("400 TICKET-01");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_that_have_run_out_give_their_seats_to_the_next_buyer() {
    // Nobody sweeps: the reservation itself takes them back.
    let sale =
        Sale::set_up().flag("--hold-ttl-ms", 300).flag("--janitor-interval-ms", 3_600_000).start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = ada.holds(event, 5).await;
    bob.reserve(event, 1).await.says("400 TICKET-01");

    eventually("Ada's seats count as free", async || sale.occupied(event).await == Some(0)).await;
    assert_eq!(seats(&bob.holds(event, 4).await), [1, 2, 3, 4]);
    ada.book(&held).await.says("400 TICKET-03");
    ada.book(&held[4..]).await.says("400 TICKET-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_that_have_run_out_are_taken_back_though_nobody_reserves() {
    let sale = Sale::set_up().flag("--hold-ttl-ms", 200).start().await;
    let event = sale.create_event(5).await;
    sale.buyer("Ada").holds(event, 5).await;
    eventually("no seat is taken any more", async || (1..=5).all(|seat| !sale.valkey.is_taken(event, seat)))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_are_taken_back_after_valkey_has_lost_everything_once() {
    let sale = Sale::set_up().flag("--hold-ttl-ms", 200).start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 1).await;
    sale.valkey.flush();
    ada.holds(event, 5).await;
    eventually("no seat is taken any more", async || (1..=5).all(|seat| !sale.valkey.is_taken(event, seat)))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_valkey_lost_everything_sold_seats_stay_sold_and_held_ones_are_free() {
    let sale = Sale::start().await;
    let event = sale.create_event(6).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 2).await;
    let held = ada.holds(event, 2).await;
    sale.valkey.flush();

    assert_eq!(sale.occupied(event).await, Some(2), "nobody made a map by looking");
    assert_eq!(seats(&bob.holds(event, 4).await), [3, 4, 5, 6]);
    ada.book(&held).await.says("400 TICKET-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_after_fifty_seats_at_two_instances_hold_each_seat_once() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(50).await;
    let tries = sale.crowd(200).into_iter().map(|buyer| tokio::spawn(reserve_one(buyer, event)));
    let held: Vec<Uuid> = join_all(tries).await.into_iter().filter_map(Result::unwrap).collect();

    assert_eq!(held.len(), 50, "seats are held");
    assert_eq!(held.iter().collect::<HashSet<_>>().len(), 50, "different seats are held");
    assert_eq!(sale.occupied(event).await, Some(50));
}

/// The ticket, unless there is none left.
async fn reserve_one(buyer: Buyer, event: EventId) -> Option<Uuid> {
    let answer = buyer.reserve(event, 1).await.says_one_of(&["200", "400 TICKET-01"]).json();
    serde_json::from_value(answer["ticket_ids"][0].clone()).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_a_new_event_is_served() {
    let sale = Sale::start().await;
    let event = sale.create_event(10_000).await;
    let tries = sale.crowd(1_000).into_iter().map(|buyer| tokio::spawn(reserve_one(buyer, event)));
    let held: HashSet<Uuid> = join_all(tries).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(held.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_keeps_nobody_from_reserving() {
    let sale = Sale::set_up().with_limits_of_production().start().await;
    for pause_us in (0..4_000).step_by(100) {
        let event = sale.create_event(5).await;
        let ada = sale.buyer("Ada");
        let hung_up = tokio::time::timeout(Duration::from_micros(pause_us), ada.reserve(event, 1)).await;
        drop(hung_up);
        sale.buyer("Bob").reserve(event, 1).await.says("200").within(ANSWER_WITHIN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ended_while_it_made_an_inventory_is_waited_for_no_longer_than_its_lease() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let lease = format!("{{{event}}}:load");
    sale.valkey.ask::<String>(&["SET", &lease, "somebody else", "PX", "300"]);
    sale.buyer("Ada").holds(event, 1).await;
}
