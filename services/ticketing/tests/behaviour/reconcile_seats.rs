//! The reconciler from outside: what differs between Valkey and Postgres is repaired, and nothing else is touched.

use booked_ids::EventId;

use crate::support::{Sale, SetUp, eventually, seats};

fn quickly_reconciled() -> SetUp {
    Sale::set_up().flag("--reconciler-interval-ms", 200)
}

/// Waits until the reconciler has gone all the way round once more: it visits events in the order of their ids, and puts
/// the last one right last.
async fn a_whole_round(sale: &Sale, events: &[EventId]) {
    let last = *events.iter().max().unwrap();
    for _ in 0..2 {
        sale.valkey.set_taken(last, 10, true);
        eventually("seat 10 is free again", async || !sale.valkey.is_taken(last, 10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_is_taken_for_no_reason_comes_free() {
    let sale = quickly_reconciled().start().await;
    let event = sale.create_event(3).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 1).await;
    sale.valkey.set_taken(event, 2, true);
    sale.valkey.set_taken(event, 3, true);
    assert_eq!(sale.occupied(event).await, Some(3));
    eventually("two seats are free", async || sale.occupied(event).await == Some(1)).await;
    assert_eq!(seats(&ada.holds(event, 2).await), [2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sold_seat_that_looks_free_is_taken_again() {
    let sale = quickly_reconciled().start().await;
    let event = sale.create_event(3).await;
    sale.buyer("Ada").buys(event, 2).await;
    sale.valkey.set_taken(event, 1, false);
    eventually("seat 1 is taken", async || sale.occupied(event).await == Some(2)).await;
    assert_eq!(seats(&sale.buyer("Bob").holds(event, 1).await), [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_whose_count_was_changed_by_hand_sells_all_its_seats_again() {
    let sale = quickly_reconciled().start().await;
    let event = sale.create_event(6).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 2).await;
    let meta = format!("{{{event}}}:meta");
    sale.valkey.ask::<i64>(&["HINCRBY", &meta, "taken", "3"]);
    eventually("two seats are occupied", async || sale.occupied(event).await == Some(2)).await;
    sale.valkey.ask::<i64>(&["HSET", &meta, "hint", "5"]);
    eventually("the search begins at the first free seat", async || {
        sale.valkey.ask::<String>(&["HGET", &meta, "hint"]) == "2"
    })
    .await;
    assert_eq!(seats(&bob.holds(event, 4).await), [3, 4, 5, 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_of_a_sold_seat_is_ended() {
    let sale = quickly_reconciled().start().await;
    let event = sale.create_event(3).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let tickets = ada.holds(event, 1).await;
    // As if Valkey had forgotten that the seat was sold, and had given it away.
    sale.postgres.execute(&format!(
        "INSERT INTO tickets VALUES ('{}', '{event}', '{}', gen_random_uuid(), now())",
        tickets[0],
        bob.id()
    ));
    let pair = format!("{{{event}}}:{}", tickets[0]);
    eventually("the hold is gone", async || sale.valkey.ask::<u8>(&["EXISTS", &pair]) == 0).await;
    assert_eq!(sale.occupied(event).await, Some(1));
    ada.book(&tickets).await.says("400 TICKET-03");
    ada.release(&tickets).await.says("400 TICKET-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_are_as_they_should_be_are_left_alone() {
    let sale = quickly_reconciled().start().await;
    let events = [sale.create_event(10).await, sale.create_event(10).await];
    let ada = sale.buyer("Ada");
    let mut held = Vec::new();
    for event in events {
        ada.buys(event, 2).await;
        held.push(ada.holds(event, 3).await);
    }
    a_whole_round(&sale, &events).await;
    for (event, held) in events.into_iter().zip(held) {
        assert_eq!(sale.occupied(event).await, Some(5));
        ada.book(&held).await.says("200");
        assert_eq!(ada.tickets_of(event).await, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_and_cancels_are_not_disturbed() {
    let sale = quickly_reconciled()
        .instances(2)
        .flag("--janitor-interval-ms", 10)
        .flag("--reconciler-interval-ms", 1)
        .start()
        .await;
    let event = sale.create_event(20).await;
    let people = sale.crowd(8).into_iter().map(|buyer| {
        tokio::spawn(async move {
            for _ in 0..15 {
                buyer.buys(event, 2).await;
                buyer.cancel(event, 1).await.says("200");
                let held = buyer.holds(event, 1).await;
                buyer.release(&held).await.says("200");
                buyer.cancel(event, 1).await.says("200");
            }
        })
    });
    for person in people.collect::<Vec<_>>() {
        person.await.unwrap();
    }
    eventually("all seats are free", async || sale.occupied(event).await == Some(0)).await;
    let everything = sale.buyer("Ada").holds(event, 20).await;
    assert_eq!(everything.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_far_end_of_a_large_event_is_put_right_too() {
    let sale = quickly_reconciled().start().await;
    let event = sale.create_event(200_000).await;
    sale.buyer("Ada").holds(event, 1).await;
    for seat in [65_536, 65_537, 131_073, 200_000] {
        sale.valkey.set_taken(event, seat, true);
    }
    eventually("only the hold is left", async || sale.occupied(event).await == Some(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valkey_that_comes_back_with_another_life_is_looked_at_at_once() {
    let sale = Sale::set_up().durable_valkey().with_limits_of_production().start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    // The first look at the incarnation must have been taken.
    eventually("the first round is over", async || {
        sale.valkey.ask::<String>(&["CLIENT", "LIST"]).contains("cmd=info")
    })
    .await;
    sale.valkey.set_taken(event, 1, false);
    sale.valkey.set_taken(event, 9, true);
    sale.valkey.stop();
    sale.valkey.start_again();
    eventually("seat 1 is taken and seat 9 is free", async || {
        sale.valkey.is_taken(event, 1) && !sale.valkey.is_taken(event, 9)
    })
    .await;
    ada.buys(event, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_inventory_is_compared_once_when_no_booking_of_before_can_be_under_way() {
    let sale = Sale::set_up().with_limits_of_production().flag("--claim-ttl-ms", 4600).start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 1).await;
    sale.valkey.flush();
    bob.holds(event, 1).await;
    // As if Ada's booking had been committed after the snapshot of which the new inventory was made.
    sale.valkey.set_taken(event, 1, false);
    eventually("her seat is taken", async || sale.valkey.is_taken(event, 1)).await;
}
