//! Cancelling chosen tickets: exactly those that the user names come free, of however many events, or none.

use booked_contract::feed::TicketsCancelled;
use booked_ids::{EventId, SeatNumber};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Buyer, Sale, eventually, json_ids, seats, unknown_event};

const PATH: &str = "/ticket/cancel_tickets/";

fn said(answers: &[Answer]) -> Vec<String> {
    let mut said: Vec<String> = answers.iter().map(Answer::said).collect();
    said.sort();
    said
}

/// The tickets that a user has in Postgres, rising.
fn tickets_of(sale: &Sale, buyer: &Buyer) -> Vec<Uuid> {
    let query = format!("SELECT id FROM tickets WHERE user_id = '{}' ORDER BY id", buyer.id());
    sale.postgres.execute(&query).lines().map(|id| id.parse().unwrap()).collect()
}

fn rising(tickets: &[&[Uuid]]) -> Vec<Uuid> {
    let mut tickets = tickets.concat();
    tickets.sort_unstable();
    tickets
}

async fn sale_of_two_events() -> (Sale, EventId, EventId) {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    (sale, proms, gala)
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_these_are_cancelled_whatever_was_booked_last_and_of_several_events() {
    let (sale, proms, gala) = sale_of_two_events().await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (first, second) = (ada.buys(proms, 4).await, ada.buys(gala, 3).await);
    let chosen = rising(&[&first[1..2], &first[3..], &second[..1]]);
    let answer = ada.cancel_chosen(&chosen).await.says("200");
    assert_eq!(answer.text, "", "there is no body");
    assert_eq!(tickets_of(&sale, &ada), rising(&[&first[..1], &first[2..3], &second[1..]]));
    assert_eq!((sale.occupied(proms).await, sale.occupied(gala).await), (Some(2), Some(2)));

    ada.cancel_chosen(&chosen).await.says("400 TICKET-03");
    ada.cancel_chosen(&[first[0], chosen[0]]).await.says("400 TICKET-03");
    let again = [bob.buys(proms, 1).await, bob.buys(proms, 1).await, bob.buys(gala, 1).await];
    let again = rising(&[&again[0], &again[1], &again[2]]);
    assert_eq!(again, chosen, "they are sold again at once");
    ada.cancel_chosen(&chosen).await.says("400 TICKET-03");

    let cancelled: Vec<TicketsCancelled> = sale.told(TicketsCancelled::KIND);
    let told = |event: EventId| {
        let mut of_event = cancelled.iter().filter(|entry| entry.event_id == event.as_uuid());
        let (entry, none) = (of_event.next().unwrap(), of_event.next());
        assert!(none.is_none() && entry.user_id == ada.identity.user.as_uuid(), "one entry an event");
        let mut seats: Vec<u32> = entry.tickets.iter().map(|ticket| ticket.seat).collect();
        seats.sort_unstable();
        seats
    };
    assert_eq!(told(proms), seats(&[first[1], first[3]]));
    assert_eq!(told(gala), seats(&second[..1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_twice_counts_once_in_either_case() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let bought = ada.buys(event, 2).await;
    let id = bought[0].to_string();
    let thousand: Vec<String> =
        (0..1000).map(|n| if n % 2 == 0 { id.clone() } else { id.to_uppercase() }).collect();
    ada.post(PATH, &json!({ "ticket_ids": thousand })).await.says("200");
    assert_eq!(tickets_of(&sale, &ada), bought[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_that_is_not_the_callers_none_is_cancelled() {
    let (sale, proms, gala) = sale_of_two_events().await;
    let gone = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let own = rising(&[&ada.buys(proms, 2).await, &ada.buys(gala, 1).await]);
    let of_bob = bob.buys(gala, 1).await[0];
    let held = ada.holds(proms, 1).await[0];
    let held_by_bob = bob.holds(proms, 1).await[0];
    let deleted = ada.buys(gone, 1).await[0];
    sale.delete(gone).await;
    let never_sold = proms.ticket(SeatNumber::new(9).unwrap()).as_uuid();
    let of_no_event = unknown_event().ticket(SeatNumber::new(1).unwrap()).as_uuid();
    let no_ticket = ada.identity.user.as_uuid();
    for other in [of_bob, held, held_by_bob, deleted, never_sold, of_no_event, no_ticket] {
        ada.cancel_chosen(&rising(&[&own, &[other]])).await.says("400 TICKET-03");
        ada.cancel_chosen(&[other]).await.says("400 TICKET-03");
    }
    assert_eq!(ada.bookings().await.len(), 2);
    assert_eq!(sale.told::<TicketsCancelled>(TicketsCancelled::KIND), []);
    assert_eq!((sale.occupied(proms).await, sale.occupied(gala).await), (Some(4), Some(2)));
    ada.book(&[held]).await.says("200");
    ada.cancel_chosen(&rising(&[&own, &[held]])).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let bought = ada.buys(event, 1).await;
    let good = json_ids(&bought);
    sale.as_a_stranger(PATH, &good).await.says("401 USER-06");
    sale.internal(PATH, &good).await.says("401 USER-06");
    for body in ["", "[]", "{", r#"{"ticket_ids":"x"}"#, r#"{"ticket_ids":[1]}"#, r#"{"ticket_ids":{}}"#] {
        ada.send(Method::POST, PATH, Some(body.to_owned())).await.says("400 SYS-01");
    }
    let too_many = vec![bought[0].to_string(); 1001];
    for body in [json!(["x"]), json!([bought[0], ""]), json!([&too_many[..], &["x".to_owned()]].concat())] {
        ada.post(PATH, &json!({ "ticket_ids": body })).await.says("400 SYS-03");
    }
    for body in [json!({}), json!({ "ticket_ids": null }), json!({ "ticket_ids": [] })] {
        ada.post(PATH, &body).await.says("400 TICKET-01");
    }
    ada.post(PATH, &json!({ "ticket_ids": too_many })).await.says("400 TICKET-01");
    assert_eq!(tickets_of(&sale, &ada), bought);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_cancels_of_the_same_tickets_at_once_one_has_an_effect() {
    let sale = Sale::set_up().instances(2).flag("--contention-wait-max-ms", 25_000).start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    let there = ada.at(&sale.instances[1].url);
    let kept = ada.buys(proms, 1).await;
    let chosen = rising(&[&ada.buys(proms, 2).await, &ada.buys(gala, 1).await]);
    let calls = (0..8).flat_map(|_| [ada.cancel_chosen(&chosen), there.cancel_chosen(&chosen)]);
    let answers = said(&join_all(calls).await);
    assert_eq!(answers[0], "200");
    assert!(answers[1..].iter().all(|said| said == "400 TICKET-03"), "{answers:?}");
    assert_eq!(tickets_of(&sale, &ada), kept);
    assert_eq!(sale.told::<TicketsCancelled>(TicketsCancelled::KIND).len(), 2, "one for each event");
    eventually("their seats are free", async || {
        (sale.occupied(proms).await, sale.occupied(gala).await) == (Some(1), Some(0))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_cancel_by_count_each_cancels_all_that_it_was_asked_to_or_nothing() {
    let sale = Sale::set_up().instances(2).flag("--contention-wait-max-ms", 25_000).start().await;
    for round in 0..10 {
        let event = sale.create_event(10).await;
        let ada = sale.buyer("Ada");
        let there = ada.at(&sale.instances[1].url);
        let bought = rising(&[&ada.buys(event, 4).await]);
        // Of these the last is the one that goes first by count.
        let (by_count, chosen) = tokio::join!(ada.cancel(event, 2), there.cancel_chosen(&bought[3..]));
        by_count.says("200");
        let left = if chosen.says_one_of(&["200", "400 TICKET-03"]).status == 200 { 1 } else { 2 };
        assert_eq!(tickets_of(&sale, &ada), bought[..left], "round {round}");
        eventually("what is cancelled is free", async || {
            sale.occupied(event).await.map(usize::try_from) == Some(Ok(left))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_of_the_same_events_in_another_order_do_not_wait_for_each_other_for_ever() {
    let sale = Sale::set_up().instances(2).flag("--contention-wait-max-ms", 25_000).start().await;
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(sale.create_event(20).await);
    }
    let ada = sale.buyer("Ada");
    let there = ada.at(&sale.instances[1].url);
    let mut bought = Vec::new();
    for event in &events {
        bought.push(ada.buys(*event, 8).await);
    }
    let calls = (0..8).map(|n| {
        let mut chosen: Vec<Uuid> = bought.iter().map(|of_event| of_event[n]).collect();
        if n % 2 == 0 {
            chosen.reverse();
        }
        let buyer = if n % 4 < 2 { &ada } else { &there };
        async move { buyer.cancel_chosen(&chosen).await.says("200") }
    });
    join_all(calls).await;
    assert_eq!(tickets_of(&sale, &ada), Vec::<Uuid>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_replica_cancels_for_the_user_both_ways_wait_and_keep_nobody_from_the_database() {
    let sale = Sale::set_up()
        .flag("--database-connections-max", 2)
        .flag("--database-acquire-timeout-ms", 2_000)
        .flag("--contention-wait-max-ms", 25_000)
        .start()
        .await;
    let (proms, gala) = (sale.create_event(20).await, sale.create_event(20).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let chosen = ada.buys(proms, 2).await;
    ada.buys(gala, 2).await;
    let elsewhere = sale.postgres.lock_all_cancels(&ada.id()).await;
    let choosing = tokio::spawn({
        let ada = ada.clone();
        async move { ada.cancel_chosen(&chosen).await }
    });
    let counting = tokio::spawn({
        let ada = ada.clone();
        async move { ada.cancel(gala, 1).await }
    });
    for (event, claims) in [(proms, 2), (gala, 1)] {
        let settling = format!("{{{event}}}:settling");
        let is_claimed = async || sale.valkey.ask::<u32>(&["ZCARD", &settling]) == claims;
        eventually("what is cancelled is claimed", is_claimed).await;
    }
    for _ in 0..5 {
        bob.buys(proms, 1).await;
    }
    assert_eq!(tickets_of(&sale, &ada).len(), 4, "nothing is cancelled");
    drop(elsewhere);
    choosing.await.unwrap().says("200");
    counting.await.unwrap().says("200");
    assert_eq!(tickets_of(&sale, &ada).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tickets_of_as_many_events_are_cancelled_at_once_with_few_of_the_servers_locks() {
    const OF_DATABASE: &str = "database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let sale = Sale::set_up().flag("--reconciler-interval-ms", 86_400_000).start().await;
    let events: Vec<EventId> = (0..1000).map(|n| EventId::new(1_900_000_000_000 + n, [7; 16])).collect();
    let rows: Vec<String> = events.iter().map(|event| format!("('{event}', 1, false, 10)")).collect();
    let rows = rows.join(",");
    sale.postgres.execute(&format!("INSERT INTO events (id, version, deleted, seat_count) VALUES {rows}"));
    let ada = sale.buyer("Ada");
    sale.postgres.execute(&format!(
        "INSERT INTO tickets SELECT overlay(id::text PLACING '00000001' FROM 29)::uuid, id, '{}', id, now() FROM events",
        ada.id()
    ));
    let chosen = tickets_of(&sale, &ada);
    assert_eq!(chosen.len(), 1000);

    let locked = sale.postgres.lock_ticket(chosen[999]).await;
    let cancelling = tokio::spawn({
        let (ada, chosen) = (ada.clone(), chosen.clone());
        async move { ada.cancel_chosen(&chosen).await }
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("it has all of its locks", async || sale.postgres.execute(waiting) == "1").await;
    let taken = format!("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {OF_DATABASE}");
    let taken: u32 = sale.postgres.execute(&taken).parse().unwrap();
    assert!((2..=260).contains(&taken), "{taken} locks; the server has room for some thousands in all");
    drop(locked);
    cancelling.await.unwrap().says("200");
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM tickets"), "0");
    assert_eq!(sale.told::<TicketsCancelled>(TicketsCancelled::KIND).len(), 1_000);
}
