//! Booking: held seats become sold, all or none, and no seat to two.

use std::time::Duration;

use booked_contract::feed::TicketsBooked;
use booked_ids::SeatNumber;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Sale, eventually, seats, unknown_event};

#[tokio::test(flavor = "multi_thread")]
async fn booked_tickets_are_the_buyers_and_stay_so() {
    let sale = Sale::set_up().flag("--hold-ttl-ms", 2_000).start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let tickets = ada.holds(event, 3).await;
    let answer = ada.book(&tickets).await.says("200");
    assert_eq!(answer.text, "", "there is no body");

    assert_eq!(ada.tickets_of(event).await, 3);
    let hold_of_bob = bob.holds(event, 2).await;
    eventually("Bob's hold has run out", async || sale.occupied(event).await == Some(3)).await;
    bob.book(&hold_of_bob).await.says("400 TICKET-02");
    bob.reserve(event, 3).await.says("400 TICKET-01");
    assert_eq!(ada.tickets_of(event).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_told_in_the_ledger() {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(5).await, sale.create_event(5).await);
    let ada = sale.buyer("Ada");
    let mut tickets = ada.holds(proms, 2).await;
    tickets.extend(ada.holds(gala, 1).await);
    ada.book(&tickets).await.says("200");

    let mut told: Vec<TicketsBooked> = sale.told(TicketsBooked::KIND);
    told.sort_by_key(|booked| booked.event_id != proms.as_uuid());
    let [of_proms, of_gala] = told.as_slice() else { panic!("one entry an event, not {told:?}") };
    assert_eq!((of_proms.event_id, &of_proms.seats), (proms.as_uuid(), &vec![1, 2]));
    assert_eq!((of_gala.event_id, &of_gala.seats), (gala.as_uuid(), &vec![1]));
    assert_eq!(of_proms.booking_id, of_gala.booking_id);
    for booked in &told {
        assert_eq!(booked.user_id, ada.identity.user.as_uuid());
        let at =
            sale.postgres.execute("SELECT floor(extract(epoch FROM max(booked_at)) * 1000) FROM tickets");
        assert_eq!(booked.booked_unix_ms.to_string(), at);
    }
    assert_eq!(sale.postgres.execute("SELECT id, booked FROM bookings"), format!("{}|t", of_gala.booking_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_is_sent_again_changes_nothing() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let tickets = ada.buys(event, 3).await;
    let before = sale.postgres.execute("SELECT * FROM tickets ORDER BY id");
    for again in [&tickets[..], &tickets[1..], &tickets[..1]] {
        ada.book(again).await.says("200");
    }
    assert_eq!(sale.postgres.execute("SELECT * FROM tickets ORDER BY id"), before);
    assert_eq!(sale.told::<TicketsBooked>(TicketsBooked::KIND).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_booked_already_counts_as_done_beside_what_is_held() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let mut tickets = ada.buys(event, 2).await;
    tickets.extend(ada.holds(event, 2).await);
    ada.book(&tickets).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 4);
    let told: Vec<TicketsBooked> = sale.told(TicketsBooked::KIND);
    assert_eq!(told.iter().map(|booked| booked.seats.clone()).collect::<Vec<_>>(), [[1, 2], [3, 4]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_twice_counts_once() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let ticket = ada.holds(event, 1).await[0].to_string();
    let ids = [&ticket, &ticket, &ticket.to_uppercase()];
    ada.post("/ticket/book/", &json!({ "ticket_ids": ids })).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_held_is_refused_by_whose_it_is() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let sold = ada.buys(event, 1).await[0];
    let held = ada.holds(event, 1).await[0];
    let free = event.ticket(SeatNumber::new(5).unwrap()).as_uuid();
    let mine = bob.holds(event, 1).await[0];

    for (tickets, expected) in [
        (vec![sold], "400 TICKET-03"),
        (vec![held], "400 TICKET-03"),
        (vec![free], "400 TICKET-02"),
        (vec![free, held], "400 TICKET-03"),
        (vec![sold, free], "400 TICKET-03"),
        (vec![mine, free], "400 TICKET-02"),
        (vec![mine, free, sold], "400 TICKET-03"),
        (vec![mine, held], "400 TICKET-03"),
    ] {
        bob.book(&tickets).await.says(expected);
        assert_eq!(bob.tickets_of(event).await, 0);
    }
    cyd.book(&[mine]).await.says("400 TICKET-03");
    bob.book(&[mine]).await.says("200");
    ada.book(&[held]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_several_events_somebody_elses_ticket_outweighs_one_that_nobody_holds() {
    let sale = Sale::start().await;
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(sale.create_event(5).await);
    }
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    // Whichever event is claimed or asked about first.
    for (mine, hers, nobodys) in [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)] {
        let [good, held] = [bob.holds(events[mine], 1).await[0], ada.holds(events[hers], 1).await[0]];
        let free = events[nobodys].ticket(SeatNumber::new(5).unwrap()).as_uuid();
        bob.book(&[good, free]).await.says("400 TICKET-02");
        bob.book(&[good, held]).await.says("400 TICKET-03");
        bob.book(&[good, free, held]).await.says("400 TICKET-03");
        ada.book(&[held]).await.says("200");
        bob.book(&[free, held, good]).await.says("400 TICKET-03");
        for tickets in [vec![good], vec![held]] {
            bob.release(&tickets).await;
        }
        assert_eq!(bob.bookings().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_several_events_are_booked_together() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    let (mut events, mut tickets) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let event = sale.create_event(5).await;
        tickets.extend(ada.holds(event, 2).await);
        events.push(event);
    }
    ada.book(&tickets).await.says("200");
    for event in events {
        assert_eq!(ada.tickets_of(event).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_booking_leaves_good_holds_as_they_were() {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(5).await, sale.create_event(5).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let held = [ada.holds(proms, 2).await, ada.holds(gala, 2).await].concat();
    let holds = || {
        let of = |event| {
            sale.valkey.ask::<Vec<(String, i64)>>(&["ZRANGE", &key(event, "holds"), "0", "-1", "WITHSCORES"])
        };
        let pair = |ticket: &Uuid| {
            let event = if held[..2].contains(ticket) { proms } else { gala };
            let pair = key(event, &ticket.to_string());
            (sale.valkey.ask::<String>(&["GET", &pair]), sale.valkey.ask::<i64>(&["PEXPIRETIME", &pair]))
        };
        (of(proms), of(gala), held.iter().map(pair).collect::<Vec<_>>())
    };
    let before = holds();
    let free = gala.ticket(SeatNumber::new(5).unwrap()).as_uuid();
    ada.book(&[&held[..], &[free]].concat()).await.says("400 TICKET-02");
    bob.book(&held).await.says("400 TICKET-03");
    ada.post("/ticket/book/", &json!({ "ticket_ids": [held[0].to_string(), "?"] })).await.says("400 SYS-03");

    assert_eq!(holds(), before);
    ada.book(&held).await.says("200");
}

fn key(event: booked_ids::EventId, name: &str) -> String {
    format!("{{{event}}}:{name}")
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_nobody_was_ever_given_are_not_held() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (mine, hers) = (bob.holds(event, 1).await[0], ada.holds(event, 1).await[0]);
    let pulls = sale.events.pulls();
    let beyond = event.ticket(SeatNumber::new(6).unwrap()).as_uuid();
    let far_beyond = event.ticket(SeatNumber::new(u32::MAX).unwrap()).as_uuid();
    let of_nothing = unknown_event().ticket(SeatNumber::new(1).unwrap()).as_uuid();
    for id in [
        Uuid::nil(),
        Uuid::max(),
        event.as_uuid(),
        beyond,
        far_beyond,
        of_nothing,
        ada.identity.user.as_uuid(),
    ] {
        bob.book(&[id]).await.says("400 TICKET-02");
        bob.book(&[mine, id]).await.says("400 TICKET-02");
        bob.book(&[id, hers]).await.says("400 TICKET-03");
        bob.book(&[id, mine, hers]).await.says("400 TICKET-03");
    }
    assert_eq!(sale.events.pulls(), pulls, "the feed is not asked about tickets");
    bob.book(&[mine]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let path = "/ticket/book/";
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
    for id in ["", "7", &held[0].as_simple().to_string()] {
        ada.post(path, &json!({ "ticket_ids": [id] })).await.says("400 SYS-03");
        ada.post(path, &json!({ "ticket_ids": [held[0].to_string(), id] })).await.says("400 SYS-03");
    }
    let mut ids = vec![held[0].to_string(); 1_001];
    ada.post(path, &json!({ "ticket_ids": ids })).await.says("400 TICKET-01");
    ids[1_000] = "?".to_owned();
    ada.post(path, &json!({ "ticket_ids": ids })).await.says("400 SYS-03");
    assert_eq!(ada.tickets_of(event).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tickets_are_booked_in_one_call() {
    let sale = Sale::set_up().flag("--holds-per-user-max", 0).start().await;
    let (proms, gala) = (sale.create_event(1_000).await, sale.create_event(1_000).await);
    let ada = sale.buyer("Ada");
    let mut of_proms = Vec::new();
    for _ in 0..10 {
        of_proms.extend(ada.holds(proms, 100).await);
    }
    ada.book(&of_proms).await.says("200");
    assert_eq!(ada.tickets_of(proms).await, 1_000);
    ada.book(&of_proms).await.says("200");
    ada.release(&of_proms).await.says("400 TICKET-02");

    let mut of_gala = Vec::new();
    for _ in 0..10 {
        of_gala.extend(ada.holds(gala, 100).await);
    }
    let bob = sale.buyer("Bob");
    bob.book(&of_gala).await.says("400 TICKET-03");
    ada.release(&of_gala).await.says("200");
    bob.book(&of_gala).await.says("400 TICKET-02");
    ada.cancel(proms, 1_000).await.says("200");
    assert_eq!(sale.availability(&[proms, gala]).await.json(), json!({ "occupied": [0, 0] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_run_out_cannot_be_booked() {
    let sale =
        Sale::set_up().flag("--hold-ttl-ms", 200).flag("--janitor-interval-ms", 3_600_000).start().await;
    let (proms, gala) = (sale.create_event(5).await, sale.create_event(5).await);
    let ada = sale.buyer("Ada");
    let late = ada.holds(proms, 2).await;
    eventually("the hold has run out", async || sale.occupied(proms).await == Some(0)).await;
    ada.book(&late).await.says("400 TICKET-02");
    let good = ada.holds(gala, 1).await;
    ada.book(&[good, late].concat()).await.says("400 TICKET-02");
    assert_eq!(ada.bookings().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_that_valkey_has_lost_cannot_be_booked() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 2).await;
    sale.valkey.flush();
    ada.book(&held).await.says("400 TICKET-02");
    let (sold, held) = (ada.buys(event, 1).await, ada.holds(event, 1).await);
    sale.valkey.flush();
    ada.book(&[&sold[..], &held].concat()).await.says("400 TICKET-02");
    ada.book(&sold).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sold_seat_that_valkey_offers_again_is_not_sold_again() {
    let sale = Sale::start().await;
    let event = sale.create_event(3).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 1).await;
    sale.valkey.set_taken(event, 1, false);

    let offered = bob.holds(event, 2).await;
    assert_eq!(seats(&offered), [1, 2]);
    bob.book(&offered).await.says("400 TICKET-03");
    assert_eq!(sale.occupied(event).await, Some(2), "seat 1 is sold, and seat 2 is held as before");
    bob.book(&offered[1..]).await.says("200");
    assert_eq!((ada.tickets_of(event).await, bob.tickets_of(event).await), (1, 1));
    assert_eq!(seats(&bob.holds(event, 1).await), [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buyers_own_seat_that_valkey_offers_again_counts_as_booked() {
    let sale = Sale::start().await;
    let event = sale.create_event(3).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    sale.valkey.set_taken(event, 1, false);

    let offered = ada.holds(event, 2).await;
    assert_eq!(seats(&offered), [1, 2]);
    ada.book(&offered).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 2);
    assert_eq!(sale.occupied(event).await, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_loses_nothing() {
    let sale = Sale::start().await;
    let event = sale.create_event(1_000).await;
    for pause_us in (0..6_000).step_by(200) {
        let ada = sale.buyer("Ada");
        let tickets = ada.holds(event, 2).await;
        drop(tokio::time::timeout(Duration::from_micros(pause_us), ada.book(&tickets)).await);
        ada.book(&tickets).await.says("200");
        assert_eq!(ada.tickets_of(event).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_a_deleted_event_can_neither_be_booked_nor_are_they_anybodys() {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(5).await, sale.create_event(5).await);
    let ada = sale.buyer("Ada");
    let sold = ada.buys(gala, 1).await;
    let held = [ada.holds(proms, 1).await, ada.holds(gala, 1).await].concat();
    sale.delete(gala).await;
    ada.book(&held).await.says("400 TICKET-02");
    eventually("the sold ticket is gone too", async || ada.book(&sold).await.said() == "400 TICKET-02").await;
    ada.book(&held[..1]).await.says("200");
}
