//! Cancelling: the user's latest tickets of an event come free, exactly as many as asked for, or none.

use booked_contract::feed::{TicketsBooked, TicketsCancelled};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Buyer, Sale, eventually, seats, unknown_event};

/// The seats that a user has in Postgres, rising.
fn seats_of(sale: &Sale, buyer: &Buyer) -> Vec<u32> {
    let query =
        format!("SELECT right(id::text, 8) FROM tickets WHERE user_id = '{}' ORDER BY id", buyer.id());
    let queues = sale.postgres.execute(&query);
    queues.lines().map(|seat| u32::from_str_radix(seat, 16).unwrap()).collect()
}

fn said(answers: Vec<Answer>) -> Vec<String> {
    let mut said: Vec<String> = answers.iter().map(Answer::said).collect();
    said.sort();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_booked_go_first() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 6).await;
    for booking in [&held[4..], &held[..2], &held[2..4]] {
        ada.book(booking).await.says("200");
    }
    assert_eq!(seats_of(&sale, &ada), [1, 2, 3, 4, 5, 6]);
    let answer = ada.cancel(event, 1).await.says("200");
    assert_eq!(answer.text, "", "there is no body");
    assert_eq!(seats_of(&sale, &ada), [1, 2, 3, 5, 6], "seat 4 was booked last");
    ada.cancel(event, 2).await.says("200");
    assert_eq!(seats_of(&sale, &ada), [1, 5, 6], "then seat 3, then seat 2 of the booking before");
    ada.cancel(event, 3).await.says("200");
    assert_eq!(seats_of(&sale, &ada), Vec::<u32>::new());
    assert_eq!(sale.occupied(event).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_fewer_tickets_cancels_none() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    ada.holds(event, 3).await;
    for count in [3, 100, 4_294_967_296, i64::MAX] {
        ada.cancel(event, count).await.says("400 TICKET-01");
    }
    for count in [0, -1, i64::MIN] {
        ada.cancel(event, count).await.says("400 TICKET-01");
    }
    assert_eq!(ada.tickets_of(event).await, 2);
    assert_eq!(sale.told::<TicketsCancelled>(TicketsCancelled::KIND), []);
    ada.cancel(event, 2).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_booked_ticket_has_nothing_to_cancel() {
    let sale = Sale::start().await;
    let (proms, gala, gone) =
        (sale.create_event(10).await, sale.create_event(10).await, sale.create_event(10).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(proms, 2).await;
    bob.holds(proms, 2).await;
    ada.buys(gone, 1).await;
    sale.delete(gone).await;

    bob.cancel(proms, 1).await.says("400 TICKET-03");
    ada.cancel(gala, 1).await.says("400 TICKET-03");
    ada.cancel(gone, 1).await.says("400 TICKET-03");
    ada.cancel(unknown_event(), 1).await.says("400 TICKET-03");
    let of_no_event = json!({ "event_id": ada.id(), "count": 1 });
    ada.post("/ticket/cancel/", &of_no_event).await.says("400 TICKET-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    let path = "/ticket/cancel/";
    let good = json!({ "event_id": event.to_string(), "count": 1 });
    sale.as_a_stranger(path, &good).await.says("401 USER-06");
    sale.internal(path, &good).await.says("401 USER-06");
    for body in ["", "[]", "{", r#"{"count":"1"}"#, r#"{"event_id":[]}"#, r#"{"count":1e0}"#] {
        ada.send(Method::POST, path, Some(body.to_owned())).await.says("400 SYS-01");
    }
    for body in [json!({ "count": 1 }), json!({ "event_id": "x" }), json!({ "event_id": "", "count": 0 })] {
        ada.post(path, &body).await.says("400 SYS-03");
    }
    ada.post(path, &json!({ "event_id": event.to_string() })).await.says("400 TICKET-01");
    ada.cancel(unknown_event(), 0).await.says("400 TICKET-01");
    assert_eq!(ada.tickets_of(event).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_seats_are_sold_again_at_once() {
    let sale = Sale::start().await;
    let event = sale.create_event(4).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let tickets = ada.buys(event, 4).await;
    for _ in 0..10 {
        bob.reserve(event, 1).await.says("400 TICKET-01");
        ada.cancel(event, 4).await.says("200");
        assert_eq!(bob.buys(event, 4).await, tickets);
        ada.book(&tickets).await.says("400 TICKET-03");
        bob.cancel(event, 4).await.says("200");
        assert_eq!(ada.buys(event, 4).await, tickets);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_the_same_time_are_carried_out_one_after_the_other() {
    let sale = Sale::set_up().instances(2).start().await;
    for (have, wanted, expected) in [
        (4, [2, 2], ["200", "200"]),
        (3, [2, 2], ["200", "400 TICKET-01"]),
        (2, [2, 2], ["200", "400 TICKET-03"]),
        (3, [1, 2], ["200", "200"]),
    ] {
        for _ in 0..5 {
            let event = sale.create_event(10).await;
            let ada = sale.buyer("Ada");
            ada.buys(event, have).await;
            let there = ada.at(&sale.instances[1].url);
            let answers = tokio::join!(ada.cancel(event, wanted[0]), there.cancel(event, wanted[1]));
            assert_eq!(said(vec![answers.0, answers.1]), expected, "{wanted:?} of {have}");
            let left = ada.tickets_of(event).await;
            eventually(&format!("but the {left} seats that are left are free"), async || {
                sale.occupied(event).await.map(u64::from) == Some(left)
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_the_same_time_cancel_as_much_as_there_is() {
    let sale = Sale::set_up().instances(2).flag("--contention-wait-max-ms", 25_000).start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 10).await;
    let there = ada.at(&sale.instances[1].url);
    let cancels = (0..10).flat_map(|_| [ada.cancel(event, 1), there.cancel(event, 1)]);
    let answers = said(join_all(cancels).await);
    assert_eq!(answers.iter().filter(|said| *said == "200").count(), 10, "{answers:?}");
    assert_eq!(answers.iter().filter(|said| *said == "400 TICKET-03").count(), 10, "{answers:?}");
    assert_eq!(sale.occupied(event).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_at_the_same_time_none_is_turned_away() {
    let sale = Sale::set_up()
        .flag("--database-acquire-timeout-ms", 1_000)
        .flag("--contention-wait-max-ms", 25_000)
        .start()
        .await;
    let event = sale.create_event(100).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 60).await;
    let answers = said(join_all((0..100).map(|_| ada.cancel(event, 1))).await);
    assert_eq!(answers.iter().filter(|said| *said == "200").count(), 60, "{answers:?}");
    assert_eq!(answers.iter().filter(|said| *said == "400 TICKET-03").count(), 40, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_another_cancel_of_theirs_keeps_nobody_from_the_database() {
    let sale = Sale::set_up()
        .flag("--database-connections-max", 2)
        .flag("--database-acquire-timeout-ms", 2_000)
        .flag("--contention-wait-max-ms", 25_000)
        .start()
        .await;
    let event = sale.create_event(20).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 10).await;
    let elsewhere = sale.postgres.lock_cancels(&ada.id(), event).await;
    let cancels: Vec<_> = (0..30)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.cancel(event, 1).await })
        })
        .collect();
    let settling = format!("{{{event}}}:settling");
    eventually("a cancel is under way", async || sale.valkey.ask::<u32>(&["ZCARD", &settling]) > 0).await;
    for _ in 0..5 {
        bob.buys(event, 1).await;
    }

    drop(elsewhere);
    let answers = join_all(cancels).await.into_iter().map(Result::unwrap).collect();
    let answers = said(answers);
    assert_eq!(answers.iter().filter(|said| *said == "200").count(), 10, "{answers:?}");
    assert_eq!(answers.iter().filter(|said| *said == "400 TICKET-03").count(), 20, "{answers:?}");
    assert_eq!(sale.occupied(event).await, Some(5), "what was cancelled is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lets_too_many_wait_is_asked_to_slow_down() {
    let sale = Sale::set_up().flag("--contention-wait-max-ms", 25_000).start().await;
    let event = sale.create_event(20).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    let elsewhere = sale.postgres.lock_cancels(&ada.id(), event).await;
    let cancels: Vec<_> = (0..200)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.cancel(event, 1).await })
        })
        .collect();
    eventually("some are refused", async || cancels.iter().filter(|it| it.is_finished()).count() >= 72).await;
    drop(elsewhere);
    let answers = join_all(cancels)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().says_one_of(&["200", "400 TICKET-03", "429 SYS-06"]));
    let answers = said(answers.collect());
    assert_eq!(answers.iter().filter(|said| *said == "429 SYS-06").count(), 72, "{answers:?}");
    assert_eq!(answers.iter().filter(|said| *said == "200").count(), 2, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn booking_and_cancelling_at_once_neither_loses_nor_doubles_a_ticket() {
    // A seat that is cancelled before its booking is finished in Valkey is the reconciler's to free.
    let sale = Sale::set_up().instances(2).flag("--reconciler-interval-ms", 300).start().await;
    let event = sale.create_event(100).await;
    let ada = sale.buyer("Ada");
    let there = ada.at(&sale.instances[1].url);
    ada.buys(event, 10).await;
    let held = ada.holds(event, 10).await;
    let bookings = held.chunks(1).map(|ticket| ada.book(ticket));
    let cancels = (0..3).map(|_| there.cancel(event, 2));
    let (booked, cancelled) = tokio::join!(join_all(bookings), join_all(cancels));
    booked.into_iter().for_each(|answer| drop(answer.says("200")));
    cancelled.into_iter().for_each(|answer| drop(answer.says("200")));
    assert_eq!(ada.tickets_of(event).await, 14);
    eventually("the 14 tickets are what is occupied", async || sale.occupied(event).await == Some(14)).await;
    assert_eq!(seats_of(&sale, &ada).len(), 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_told_in_the_ledger_with_what_had_been_booked() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let first = ada.buys(event, 2).await;
    let second = ada.buys(event, 2).await;
    ada.cancel(event, 3).await.says("200");

    let booked: Vec<TicketsBooked> = sale.told(TicketsBooked::KIND);
    let cancelled: Vec<TicketsCancelled> = sale.told(TicketsCancelled::KIND);
    let [cancelled] = cancelled.as_slice() else { panic!("one entry, not {cancelled:?}") };
    assert_eq!((cancelled.event_id, cancelled.user_id), (event.as_uuid(), ada.identity.user.as_uuid()));
    assert!(cancelled.cancelled_unix_ms >= booked[1].booked_unix_ms);
    let mut tickets: Vec<_> = cancelled.tickets.iter().collect();
    tickets.sort_by_key(|ticket| ticket.seat);
    assert_eq!(tickets.iter().map(|ticket| ticket.seat).collect::<Vec<_>>(), [2, 3, 4]);
    for ticket in tickets {
        let booking = if seats(&first).contains(&ticket.seat) { &booked[0] } else { &booked[1] };
        assert!(seats(&first).contains(&ticket.seat) || seats(&second).contains(&ticket.seat));
        assert_eq!(ticket.booking_id, booking.booking_id);
        assert_eq!(ticket.booked_unix_ms, booking.booked_unix_ms);
    }
}
