//! The auditor finds what was damaged by hand, whatever it is, and shows every invariant from the start.

use booked_contract::{feed::EventState, sale::SaleTerms};
use booked_ids::EventId;

use crate::support::{Sale, eventually, figure, measure, ran_in_own_process, unknown_event};

/// How often an invariant was found broken; each is broken by one test alone.
fn violations(invariant: &str) -> Option<f64> {
    figure("booked_invariant_violations_total", &[("invariant", invariant)])
}

/// A sale that is audited all the time, an event of it with 60 seats, and 50 tickets that are sold.
async fn audited(invariant: &str) -> (Sale, EventId) {
    measure();
    let sale = Sale::set_up().flag("--auditor-interval-ms", 50).start().await;
    assert_eq!(violations(invariant), Some(0.0), "shown before there is any");
    let event = sale.create_event(60).await;
    sale.buyer("Ada").buys(event, 50).await;
    until_another_turn(&sale).await;
    (sale, event)
}

/// Each turn of the auditor takes its lease again.
async fn until_another_turn(sale: &Sale) {
    let turn = || sale.postgres.execute("SELECT held_until FROM leases WHERE name = 'audit_sales'");
    for _ in 0..2 {
        let before = turn();
        eventually("the auditor takes another turn", async || turn() != before).await;
    }
}

async fn until_found(invariant: &str) {
    eventually(&format!("{invariant} is found broken"), async || violations(invariant) >= Some(1.0)).await;
}

/// Damages the books once, and waits until it is found.
async fn is_found(invariant: &str, damage: impl Fn(EventId) -> String) {
    let (sale, event) = audited(invariant).await;
    assert_eq!(violations(invariant), Some(0.0), "nothing is damaged yet");
    sale.postgres.execute(&damage(event));
    until_found(invariant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_without_a_booking_is_found() {
    if ran_in_own_process() {
        return;
    }
    is_found("ticket_has_booking", |_| "UPDATE bookings SET booked = false".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_no_event_is_found() {
    if ran_in_own_process() {
        return;
    }
    is_found("ticket_has_event", |event| format!("DELETE FROM events WHERE id = '{event}'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_beyond_the_capacity_is_found() {
    if ran_in_own_process() {
        return;
    }
    is_found("seat_within_capacity", |event| {
        format!("UPDATE events SET seat_count = 49 WHERE id = '{event}'")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_purged_event_is_found() {
    if ran_in_own_process() {
        return;
    }
    let purge = |event| format!("UPDATE events SET deleted = true, purged = true WHERE id = '{event}'");
    is_found("nothing_of_purged", purge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_that_go_without_the_ledger_are_found() {
    if ran_in_own_process() {
        return;
    }
    let invariant = "tickets_follow_ledger";
    let (sale, _) = audited(invariant).await;
    assert_eq!(violations(invariant), Some(0.0), "nothing is damaged yet");
    // One a turn, since between two pieces the auditor looks away for a moment.
    for _ in 0..20 {
        sale.postgres.execute("DELETE FROM tickets WHERE id = (SELECT id FROM tickets LIMIT 1)");
        until_another_turn(&sale).await;
        if violations(invariant) >= Some(1.0) {
            return;
        }
    }
    panic!("twenty tickets went, and nobody saw it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_is_not_that_of_the_tickets_is_found() {
    if ran_in_own_process() {
        return;
    }
    is_found("tickets_are_counted", |_| "UPDATE sold_counts SET sold = sold + 1".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_counts_wrongly_is_found() {
    if ran_in_own_process() {
        return;
    }
    let (sale, event) = audited("inventory_is_counted").await;
    assert_eq!(violations("inventory_is_counted"), Some(0.0), "nothing is damaged yet");
    sale.valkey.ask::<i64>(&["HINCRBY", &format!("{{{event}}}:meta"), "taken", "1"]);
    until_found("inventory_is_counted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_of_more_seats_than_there_are_is_found() {
    if ran_in_own_process() {
        return;
    }
    let (sale, event) = audited("inventory_within_capacity").await;
    assert_eq!(violations("inventory_within_capacity"), Some(0.0), "nothing is damaged yet");
    sale.valkey.ask::<i64>(&["HSET", &format!("{{{event}}}:meta"), "capacity", "61"]);
    until_found("inventory_within_capacity").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_tickets_than_one_buyer_ever_might_have_are_found() {
    if ran_in_own_process() {
        return;
    }
    measure();
    let sale = Sale::set_up().flag("--auditor-interval-ms", 50).start().await;
    let (known, event) = (sale.create_event(1).await, unknown_event());
    let of = |max_per_buyer, state| EventState {
        event_id: event.as_uuid(),
        seat_count: 60,
        sale: Some(SaleTerms { max_per_buyer: Some(max_per_buyer), ..SaleTerms::default() }),
        ..state
    };
    let position = sale.events.publish(event, of(4, sale.events.state(known))).await;
    sale.catch_up_to(position, event).await;
    sale.buyer("Ada").buys(event, 4).await;
    sale.buyer("Bob").buys(event, 3).await;
    let lowered = EventState { version: 2, ..of(2, sale.events.state(event)) };
    let position = sale.events.publish(event, lowered).await;
    sale.catch_up_to(position, event).await;
    until_another_turn(&sale).await;
    assert_eq!(violations("buyer_within_limit"), Some(0.0), "lowering a limit takes nothing away");
    sale.postgres.execute("UPDATE tickets SET user_id = (SELECT min(user_id::text)::uuid FROM tickets)");
    until_found("buyer_within_limit").await;
}
