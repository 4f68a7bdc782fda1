//! Releasing: holds are given back before their time, all or none.

use std::collections::HashSet;

use booked_ids::{EventId, SeatNumber};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Sale, eventually, seats};

#[tokio::test(flavor = "multi_thread")]
async fn released_seats_are_free_at_once_and_no_longer_the_buyers() {
    let sale = Sale::start().await;
    let event = sale.create_event(4).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = ada.holds(event, 4).await;
    let answer = ada.release(&held[1..3]).await.says("200");
    assert_eq!(answer.text, "", "there is no body");
    assert_eq!(sale.occupied(event).await, Some(2));
    ada.book(&held[1..2]).await.says("400 TICKET-02");
    ada.release(&held[1..2]).await.says("400 TICKET-02");
    assert_eq!(seats(&bob.holds(event, 2).await), [2, 3]);
    ada.book(&[held[0], held[3]]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_does_not_hold_is_refused_by_whose_it_is() {
    let sale = Sale::set_up().flag("--hold-ttl-ms", 60_000).start().await;
    let event = sale.create_event(9).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (sold_to_ada, sold_to_bob) = (ada.buys(event, 1).await[0], bob.buys(event, 1).await[0]);
    let (hers, mine) = (ada.holds(event, 1).await[0], bob.holds(event, 1).await[0]);
    let free = event.ticket(SeatNumber::new(9).unwrap()).as_uuid();
    let foreign = Uuid::max();
    for (tickets, expected) in [
        (vec![hers], "400 TICKET-03"),
        (vec![free], "400 TICKET-02"),
        (vec![foreign], "400 TICKET-02"),
        (vec![sold_to_bob], "400 TICKET-02"),
        (vec![sold_to_ada], "400 TICKET-02"),
        (vec![mine, free], "400 TICKET-02"),
        (vec![mine, foreign], "400 TICKET-02"),
        (vec![mine, sold_to_bob], "400 TICKET-02"),
        (vec![free, hers], "400 TICKET-03"),
        (vec![foreign, mine, hers], "400 TICKET-03"),
        (vec![sold_to_bob, hers], "400 TICKET-03"),
    ] {
        bob.release(&tickets).await.says(expected);
        assert_eq!(sale.occupied(event).await, Some(4));
    }
    bob.release(&[mine]).await.says("200");
    ada.release(&[hers]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_several_events_all_are_released_or_none() {
    let sale = Sale::start().await;
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(sale.create_event(5).await);
    }
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let hold_of = |ticket: Uuid, event| {
        let pair = format!("{{{event}}}:{ticket}");
        (sale.valkey.ask::<Option<String>>(&["GET", &pair]), sale.valkey.ask::<i64>(&["PEXPIRETIME", &pair]))
    };
    for (a, b, c) in [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)] {
        let good = [bob.holds(events[a], 2).await, bob.holds(events[b], 1).await].concat();
        let hers = ada.holds(events[c], 1).await[0];
        let free = events[c].ticket(SeatNumber::new(5).unwrap()).as_uuid();
        let before = [hold_of(good[0], events[a]), hold_of(good[2], events[b])];
        bob.release(&[&good[..], &[free]].concat()).await.says("400 TICKET-02");
        bob.release(&[&good[..], &[free, hers]].concat()).await.says("400 TICKET-03");
        assert_eq!([hold_of(good[0], events[a]), hold_of(good[2], events[b])], before);

        bob.release(&good).await.says("200");
        ada.release(&[hers]).await.says("200");
        let answer = sale.availability(&events).await.json();
        assert_eq!(answer, json!({ "occupied": [0, 0, 0] }));
        bob.book(&good).await.says("400 TICKET-02");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_made_up_events_cost_valkey_nothing() {
    // Nothing runs on a clock that would be counted too.
    let sale = Sale::set_up().own_valkey().flag("--janitor-interval-ms", 3_600_000).start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (mine, hers) = (bob.holds(event, 1).await[0], ada.holds(event, 1).await[0]);
    let seat = SeatNumber::new(1).unwrap();
    let made_up = (0..998).map(|number| {
        let event = EventId::new(1_800_000_000_000 + number, [7; 16]);
        event.ticket(seat).as_uuid()
    });
    let made_up: Vec<Uuid> = made_up.collect();
    assert_eq!(made_up.iter().collect::<HashSet<_>>().len(), 998);
    let scripts = || {
        let stats = sale.valkey.ask::<String>(&["INFO", "commandstats"]);
        let line =
            stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=").map(str::to_owned));
        let calls = line.and_then(|line| line.split(',').next().and_then(|calls| calls.parse::<u32>().ok()));
        calls.unwrap()
    };
    let before = scripts();

    for (others, expected) in
        [(vec![], "400 TICKET-02"), (vec![mine], "400 TICKET-02"), (vec![mine, hers], "400 TICKET-03")]
    {
        let tickets = [&made_up[..], &others].concat();
        bob.release(&tickets).await.says(expected);
        bob.book(&tickets).await.says(expected);
    }
    let asked = scripts() - before;
    assert!(asked <= 20, "{asked} scripts for six calls");
    bob.book(&[mine]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_run_out_cannot_be_released() {
    let sale =
        Sale::set_up().flag("--hold-ttl-ms", 200).flag("--janitor-interval-ms", 3_600_000).start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = ada.holds(event, 2).await;
    eventually("the hold has run out", async || sale.occupied(event).await == Some(0)).await;
    ada.release(&held).await.says("400 TICKET-02");
    bob.release(&held).await.says("400 TICKET-02");
    sale.valkey.flush();
    ada.release(&held).await.says("400 TICKET-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let path = "/ticket/release/";
    let held = ada.holds(event, 1).await;
    sale.as_a_stranger(path, &json!({ "ticket_ids": held })).await.says("401 USER-06");
    sale.internal(path, &json!({ "ticket_ids": held })).await.says("401 USER-06");
    for body in ["", "[]", "{", r#"{"ticket_ids":"x"}"#, r#"{"ticket_ids":[1]}"#, r#"{"ticket_ids":[null]}"#]
    {
        ada.send(Method::POST, path, Some(body.to_owned())).await.says("400 SYS-01");
    }
    for body in [json!({}), json!({ "ticket_ids": null }), json!({ "ticket_ids": [] })] {
        ada.post(path, &body).await.says("400 TICKET-01");
    }
    let mut ids = vec![held[0].to_string(); 1_001];
    ada.post(path, &json!({ "ticket_ids": ids })).await.says("400 TICKET-01");
    ids[1_000] = "?".to_owned();
    ada.post(path, &json!({ "ticket_ids": ids })).await.says("400 SYS-03");
    assert_eq!(sale.occupied(event).await, Some(1));
    ids[1_000] = held[0].to_string().to_uppercase();
    ada.post(path, &json!({ "ticket_ids": ids[1..] })).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_booking_and_a_release_at_once_one_is_carried_out() {
    let sale = Sale::set_up().instances(2).start().await;
    let (proms, gala) = (sale.create_event(100).await, sale.create_event(100).await);
    for round in 0..20 {
        let ada = sale.buyer("Ada");
        let there = ada.at(&sale.instances[1].url);
        // By turns of one event and of two.
        let mut tickets = ada.holds(proms, 2).await;
        if round % 2 == 0 {
            tickets.extend(ada.holds(gala, 1).await);
        }
        let (booked, released) = tokio::join!(ada.book(&tickets), there.release(&tickets));
        let said = (booked.said(), released.said());
        let is_booked = said == ("200".to_owned(), "400 TICKET-02".to_owned());
        let is_released = said == ("400 TICKET-02".to_owned(), "200".to_owned());
        assert!(is_booked || is_released, "booking and release were answered {said:?}");
        let expected = if is_booked { tickets.len() } else { 0 };
        let have = ada.tickets_of(proms).await + ada.tickets_of(gala).await;
        assert_eq!(have, u64::try_from(expected).unwrap(), "after {said:?}");
        if is_released {
            ada.book(&tickets).await.says("400 TICKET-02");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_releases_at_once_one_is_carried_out() {
    let sale = Sale::set_up().instances(2).start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    let there = ada.at(&sale.instances[1].url);
    for several in [false, true] {
        let mut tickets = ada.holds(proms, 2).await;
        if several {
            tickets.extend(ada.holds(gala, 2).await);
        }
        let releases = (0..4).flat_map(|_| [ada.release(&tickets), there.release(&tickets)]);
        let mut said: Vec<String> = join_all(releases).await.iter().map(Answer::said).collect();
        said.sort();
        assert_eq!(said[0], "200");
        assert!(said[1..].iter().all(|said| said == "400 TICKET-02"), "{said:?}");
        assert_eq!(sale.occupied(proms).await, Some(0));
    }
}
