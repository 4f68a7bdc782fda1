//! When an event sells: from its opening to its closing and not while it is paused, by Valkey's clock.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use booked_contract::{feed::EventState, sale::SaleTerms};
use booked_ids::EventId;
use futures_util::future::join_all;

use crate::support::{Buyer, Sale, eventually, unknown_event};

/// Valkey's clock, in Unix milliseconds.
fn now_ms(sale: &Sale) -> i64 {
    let (seconds, micros): (i64, i64) = sale.valkey.ask(&["TIME"]);
    seconds * 1000 + micros / 1000
}

fn from(unix_time: i64) -> SaleTerms {
    SaleTerms { on_sale_unix_time: Some(unix_time), ..SaleTerms::default() }
}

fn until(unix_time: i64) -> SaleTerms {
    SaleTerms { off_sale_unix_time: Some(unix_time), ..SaleTerms::default() }
}

fn paused() -> SaleTerms {
    SaleTerms { paused: true, ..SaleTerms::default() }
}

const FAR: i64 = 4_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn before_the_opening_nothing_is_held_and_the_answer_says_when_the_sale_opens() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    sale.sell(event, from(FAR)).await;
    let answer = sale.buyer("Ada").reserve(event, 1).await.says("409 EVENT-06");
    assert!(answer.json()["error"].as_str().unwrap().contains("4000000000"), "{}", answer.text);
    assert_eq!(sale.occupied(event).await, Some(0));
}

/// Each answer is compared with Valkey's clock before and after it, so that it is judged to the millisecond however long it took.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_opens_at_its_very_millisecond_by_valkeys_clock() {
    let sale = Sale::set_up().instances(3).start().await;
    let event = sale.create_event(1_000).await;
    let opens = now_ms(&sale) / 1000 + 2;
    sale.sell(event, from(opens)).await;
    let crowd = sale.crowd(6).into_iter().map(async |buyer| {
        loop {
            let before = now_ms(&sale);
            let said = buyer.reserve(event, 1).await.says_one_of(&["200", "409 EVENT-06"]).said();
            let after = now_ms(&sale);
            if said == "200" {
                assert!(after >= opens * 1000, "granted {} ms early", opens * 1000 - after);
                return;
            }
            assert!(before < opens * 1000, "refused {} ms late", before - opens * 1000);
        }
    });
    join_all(crowd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_closes_at_its_very_millisecond_and_what_is_held_may_be_booked_after_it() {
    let sale = Sale::start().await;
    let event = sale.create_event(1_000_000).await;
    let ada = sale.buyer("Ada");
    let closes = now_ms(&sale) / 1000 + 2;
    let held = ada.holds(event, 2).await;
    sale.sell(event, until(closes)).await;
    loop {
        let before = now_ms(&sale);
        let said = sale.buyer("Bob").reserve(event, 1).await.says_one_of(&["200", "409 EVENT-07"]).said();
        let after = now_ms(&sale);
        if said == "409 EVENT-07" {
            assert!(after >= closes * 1000, "refused {} ms early", closes * 1000 - after);
            break;
        }
        assert!(before < closes * 1000, "granted {} ms late", before - closes * 1000);
    }
    ada.book(&held).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_a_moved_opening_are_in_effect_for_every_reservation_after_the_change() {
    let sale = Sale::set_up().instances(3).start().await;
    let event = sale.create_event(1_000_000).await;
    // Odd while nothing is sold.
    let (is_over, changes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let crowd: Vec<_> = sale
        .crowd(12)
        .into_iter()
        .map(|buyer| {
            let (is_over, changes) = (Arc::clone(&is_over), Arc::clone(&changes));
            tokio::spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let before = changes.load(Ordering::SeqCst);
                    let said = buyer.reserve(event, 1).await.said();
                    let was_closed = before % 2 == 1 && changes.load(Ordering::SeqCst) == before;
                    let is_refused = said == "409 EVENT-06" || said == "409 EVENT-07";
                    assert!(!was_closed || is_refused, "{said} while nothing was sold");
                    if said == "200" {
                        buy_and_cancel(&buyer, event).await;
                    }
                }
            })
        })
        .collect();
    let closings = [(paused(), "409 EVENT-07"), (from(FAR), "409 EVENT-06")];
    for (terms, expected) in closings.into_iter().cycle().take(10) {
        sale.sell(event, terms).await;
        changes.fetch_add(1, Ordering::SeqCst);
        sale.buyer("Ada").reserve(event, 1).await.says(expected);
        changes.fetch_add(1, Ordering::SeqCst);
        sale.sell(event, SaleTerms::default()).await;
        sale.buyer("Bob").holds(event, 1).await;
    }
    is_over.store(true, Ordering::SeqCst);
    for buyer in crowd {
        buyer.await.unwrap();
    }
}

/// So that nobody comes to hold too much.
async fn buy_and_cancel(buyer: &Buyer, event: EventId) {
    let answer = buyer.reserve(event, 1).await;
    if let Ok(tickets) = serde_json::from_value::<Vec<uuid::Uuid>>(answer.json()["ticket_ids"].clone()) {
        buyer.book(&tickets).await.says("200");
        buyer.cancel(event, 1).await.says("200");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_or_names_no_terms_changes_none() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let first = sale.events.state(event);
    sale.sell(event, paused()).await;
    let old = EventState { sale: Some(SaleTerms::default()), ..first };
    let position = sale.events.publish(event, old).await;
    sale.catch_up_to(position, event).await;
    sale.buyer("Ada").reserve(event, 1).await.says("409 EVENT-07");

    let position = sale.events.change(event, |state| (state.sale, state.seat_count) = (None, 6)).await;
    sale.catch_up_to(position, event).await;
    sale.buyer("Ada").reserve(event, 1).await.says("409 EVENT-07");
    sale.sell(event, SaleTerms::default()).await;
    assert_eq!(sale.buyer("Ada").holds(event, 6).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_is_loaded_again_has_the_terms() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    sale.sell(event, from(FAR)).await;
    sale.valkey.flush();
    sale.buyer("Ada").reserve(event, 1).await.says("409 EVENT-06");
    sale.sell(event, SaleTerms::default()).await;
    sale.buyer("Ada").holds(event, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_with_terms_has_them_from_the_beginning() {
    let sale = Sale::start().await;
    let known = sale.create_event(5).await;
    let event = unknown_event();
    let state = EventState { event_id: event.as_uuid(), sale: Some(paused()), ..sale.events.state(known) };
    sale.events.publish(event, state).await;
    sale.buyer("Ada").reserve(event, 1).await.says("409 EVENT-07");
}

/// Valkey lost its newest writes, and with them the newest terms.
#[tokio::test(flavor = "multi_thread")]
async fn terms_that_valkey_lost_are_repaired_by_the_reconciler() {
    let sale = Sale::set_up().flag("--reconciler-interval-ms", 100).start().await;
    let event = sale.create_event(5).await;
    sale.buyer("Ada").holds(event, 1).await;
    sale.sell(event, paused()).await;
    let meta = format!("{{{event}}}:meta");
    sale.valkey.ask::<i64>(&["HSET", &meta, "paused", "0", "version", "1"]);
    eventually("the sale is paused again", async || {
        sale.valkey.ask::<String>(&["HGET", &meta, "paused"]) == "1"
    })
    .await;
    sale.buyer("Bob").reserve(event, 1).await.says("409 EVENT-07");
}
