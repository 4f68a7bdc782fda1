//! A request that is sent again with its idempotency key gets the first answer again, and nothing is done twice.

use booked_contract::sale::SaleTerms;
use booked_ids::EventId;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Buyer, Sale, json_ids, unknown_event};

/// Every request that changes something, each on an event of its own, with what a second one asks for under the same key.
async fn mutations(sale: &Sale, buyer: &Buyer) -> Vec<Mutation> {
    let (reserve, release) = (sale.create_event(9).await, sale.create_event(9).await);
    let (book, cancel) = (sale.create_event(9).await, sale.create_event(9).await);
    let (chosen, wait) = (sale.create_event(9).await, sale.create_event(9).await);
    let (held, to_book) = (buyer.holds(release, 4).await, buyer.holds(book, 4).await);
    buyer.buys(cancel, 4).await;
    let bought = buyer.buys(chosen, 4).await;
    let count = |event: EventId, count: u32| json!({ "event_id": event.to_string(), "count": count });
    let mutation = |path, event, body, other| Mutation { path, event, body, other };
    vec![
        mutation("/ticket/reserve/", reserve, count(reserve, 2), count(reserve, 1)),
        mutation("/ticket/release/", release, json_ids(&held[..2]), json_ids(&held[2..])),
        mutation("/ticket/book/", book, json_ids(&to_book[..2]), json_ids(&to_book[2..])),
        mutation("/ticket/cancel/", cancel, count(cancel, 2), count(cancel, 1)),
        mutation("/ticket/cancel_tickets/", chosen, json_ids(&bought[..2]), json_ids(&bought[2..])),
        mutation("/waitlist/add/", wait, count(wait, 2), count(wait, 1)),
    ]
}

struct Mutation {
    path: &'static str,
    event: EventId,
    body: Value,
    other: Value,
}

/// What the sale is to everybody: seats that are not free, tickets, and who waits.
async fn state(sale: &Sale, event: EventId) -> (Option<u32>, String, String) {
    let tickets = sale
        .postgres
        .execute(&format!("SELECT id, user_id FROM tickets WHERE event_id = '{event}' ORDER BY id"));
    let waits = sale
        .postgres
        .execute(&format!("SELECT * FROM waitlist_entries WHERE event_id = '{event}' ORDER BY number"));
    (sale.occupied(event).await, tickets, waits)
}

fn same(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{}", again.question);
    assert!(
        again.is_replay && !first.is_replay,
        "{}: it says whether it is the first answer",
        again.question
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_is_given_again_by_every_replica_and_nothing_is_done_twice() {
    let sale = Sale::set_up().instances(2).start().await;
    let ada = sale.buyer("Ada");
    for Mutation { path, event, body, .. } in mutations(&sale, &ada).await {
        let before = state(&sale, event).await;
        let keyed = ada.with_key(path);
        let first = keyed.post(path, &body).await.says("200");
        let after = state(&sale, event).await;
        assert_ne!(before, after, "{path} does something");
        for instance in sale.instances.iter().chain(&sale.instances) {
            same(&keyed.at(&instance.url).post(path, &body).await, &first);
        }
        assert_eq!(state(&sale, event).await, after, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_value_counts_and_not_how_it_is_written() {
    let sale = Sale::start().await;
    let event = sale.create_event(9).await;
    let ada = sale.buyer("Ada").with_key("k");
    let first = ada.reserve(event, 2).await.says("200");
    let written_otherwise = format!(" {{ \"count\" :2,\n\"event_id\":\"{event}\"}} ");
    same(&ada.send(Method::POST, "/ticket/reserve/", Some(written_otherwise)).await, &first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_request_is_refused_and_nothing_is_done() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    for Mutation { path, event, body, other } in mutations(&sale, &ada).await {
        let keyed = ada.with_key(path);
        let first = keyed.post(path, &body).await.says("200");
        let after = state(&sale, event).await;
        let refused = keyed.post(path, &other).await.says("422 IDEM-02");
        assert!(!refused.is_replay);
        assert_eq!(state(&sale, event).await, after, "{path}");
        same(&keyed.post(path, &body).await, &first);
        ada.post(path, &other).await.says_one_of(&["200", "400 WAITLIST-01"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_user_and_route() {
    let sale = Sale::start().await;
    let event = sale.create_event(9).await;
    let (ada, bob) = (sale.buyer("Ada").with_key("k"), sale.buyer("Bob").with_key("k"));
    let held = ada.holds(event, 2).await;
    bob.holds(event, 2).await;
    assert_eq!(sale.occupied(event).await, Some(4));
    ada.book(&held).await.says("200");
    bob.book(&held).await.says("400 TICKET-03");
    ada.cancel(event, 1).await.says("200");
    ada.with_key("l").cancel(event, 1).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_undone_since_stays_undone() {
    let sale = Sale::start().await;
    let event = sale.create_event(2).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 2).await;
    ada.with_key("k").book(&held).await.says("200");
    ada.cancel(event, 2).await.says("200");
    assert_eq!(ada.holds(event, 2).await, held, "the same seats");
    assert!(ada.with_key("k").book(&held).await.says("200").is_replay);
    assert_eq!(ada.tickets_of(event).await, 0, "it is not booked a second time");
    ada.with_key("l").book(&held).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_several_events_is_one_request() {
    let sale = Sale::set_up().instances(2).start().await;
    let (proms, gala) = (sale.create_event(9).await, sale.create_event(9).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (first, second) = (ada.holds(proms, 4).await, ada.holds(gala, 4).await);
    let keyed = ada.with_key("k");
    let both = [&first[..2], &second[..2]].concat();
    let released = keyed.release(&both).await.says("200");
    assert_eq!((sale.occupied(proms).await, sale.occupied(gala).await), (Some(2), Some(2)));
    assert_eq!([bob.holds(proms, 2).await, bob.holds(gala, 2).await].concat(), both, "somebody else's now");
    for instance in &sale.instances {
        same(&keyed.at(&instance.url).release(&both).await, &released);
    }
    keyed.release(&[&first[2..], &second[2..]].concat()).await.says("422 IDEM-02");

    let keyed = ada.with_key("l");
    let refused = keyed.release(&both).await.says("400 TICKET-03");
    bob.release(&both).await.says("200");
    assert_eq!([ada.holds(proms, 2).await, ada.holds(gala, 2).await].concat(), both, "hers again");
    same(&keyed.release(&both).await, &refused);
    assert_eq!((sale.occupied(proms).await, sale.occupied(gala).await), (Some(4), Some(4)));
}

/// Refused first, for a state that changes then.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_names_a_state_is_kept() {
    let sale = Sale::start().await;
    let (event, other) = (sale.create_event(2).await, sale.create_event(2).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let keyed = ada.with_key("k");
    let held = bob.holds(event, 2).await;

    let refused = [
        keyed.reserve(event, 1).await.says("400 TICKET-01"),
        keyed.release(&held).await.says("400 TICKET-03"),
        keyed.book(&held).await.says("400 TICKET-03"),
        keyed.cancel(event, 1).await.says("400 TICKET-03"),
        keyed.cancel_chosen(&held).await.says("400 TICKET-03"),
    ];
    ada.join(other, 1).await.says("200");
    let waits = keyed.join(other, 1).await.says("400 WAITLIST-01");

    bob.release(&held).await.says("200");
    assert_eq!(ada.holds(event, 2).await, held);
    ada.book(&held[..1]).await.says("200");
    let again = [
        keyed.reserve(event, 1).await,
        keyed.release(&held).await,
        keyed.book(&held).await,
        keyed.cancel(event, 1).await,
        keyed.cancel_chosen(&held).await,
    ];
    again.iter().zip(&refused).for_each(|(again, refused)| same(again, refused));
    sale.postgres.execute("DELETE FROM waitlist_entries");
    same(&keyed.join(other, 1).await, &waits);
    assert_eq!(ada.tickets_of(event).await, 1);
    ada.with_key("l").cancel(event, 1).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_came_too_early_is_answered_so_again() {
    let sale = Sale::start().await;
    let event = sale.create_event(2).await;
    sale.sell(event, SaleTerms { on_sale_unix_time: Some(4_000_000_000), ..SaleTerms::default() }).await;
    let ada = sale.buyer("Ada").with_key("k");
    let early = ada.reserve(event, 1).await.says("409 EVENT-06");
    sale.sell(event, SaleTerms::default()).await;
    same(&ada.reserve(event, 1).await, &early);
    sale.sell(event, SaleTerms { max_per_buyer: Some(1), ..SaleTerms::default() }).await;
    let over = ada.with_key("l").reserve(event, 2).await.says("409 TICKET-04");
    sale.sell(event, SaleTerms::default()).await;
    same(&ada.with_key("l").reserve(event, 2).await, &over);
    ada.with_key("m").reserve(event, 2).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_of_a_state_is_not_kept() {
    let sale = Sale::set_up().flag("--holds-per-user-max", 2).flag("--hold-cooldown-ms", 0).start().await;
    let event = sale.create_event(9).await;
    let ada = sale.buyer("Ada");
    let keyed = ada.with_key("k");
    keyed.reserve(event, 0).await.says("400 TICKET-01");
    keyed.post("/ticket/reserve/", &json!({ "event_id": 5 })).await.says("400 SYS-01");
    let held = ada.holds(event, 2).await;
    keyed.reserve(event, 1).await.says("429 SYS-06");
    ada.book(&held).await.says("200");
    let late = keyed.reserve(event, 1).await.says("200");
    assert!(!late.is_replay, "it was too many at once, and is no more");
    same(&keyed.reserve(event, 1).await, &late);
    keyed.reserve(unknown_event(), 1).await.says("400 EVENT-03");
    keyed.cancel(unknown_event(), 1).await.says("400 TICKET-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_refused_reservations_only_some_are_kept() {
    let sale = Sale::start().await;
    let event = sale.create_event(1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = bob.holds(event, 1).await;
    for key in 0..20 {
        ada.with_key(&key.to_string()).reserve(event, 1).await.says("400 TICKET-01");
    }
    bob.release(&held).await.says("200");
    assert!(ada.with_key("15").reserve(event, 1).await.says("400 TICKET-01").is_replay);
    ada.with_key("16").reserve(event, 1).await.says("200");
    assert!(ada.with_key("16").reserve(event, 1).await.says("200").is_replay, "what was done is always kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_what_valkey_has_lost_is_lost_with_it() {
    let sale = Sale::start().await;
    let event = sale.create_event(9).await;
    let ada = sale.buyer("Ada").with_key("k");
    let first = ada.holds(event, 2).await;
    sale.valkey.flush();
    let again = ada.reserve(event, 2).await.says("200");
    assert!(!again.is_replay, "nothing is held, so it is done again");
    assert_eq!(sale.occupied(event).await, Some(2));
    ada.book(&first).await.says("200");
    sale.valkey.flush();
    assert!(ada.book(&first).await.says("200").is_replay, "Postgres has lost nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_client_has_chosen_is_stored() {
    let sale = Sale::start().await;
    let event = sale.create_event(9).await;
    let ada = sale.buyer("Ada").with_key("the-secret-of-a-client");
    let held: Vec<Uuid> = ada.holds(event, 1).await;
    ada.book(&held).await.says("200");
    let kept = sale.postgres.execute("SELECT id, request, answer FROM idempotency_keys");
    assert!(kept.lines().count() == 1 && !kept.contains("secret"), "{kept}");
}
