//! Counting who waits for an event, which admins may.

use booked_identity::Role;
use serde_json::json;

use crate::support::{Buyer, Sale, unknown_event};

fn admin(sale: &Sale) -> Buyer {
    let mut admin = sale.buyer("Admin");
    admin.identity.role = Role::Admin;
    admin
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_and_the_tickets_that_they_want_are_counted_by_event() {
    let sale = Sale::start().await;
    let (admin, ada, bob) = (admin(&sale), sale.buyer("Ada"), sale.buyer("Bob"));
    let (event, other) = (sale.create_event(5).await, sale.create_event(5).await);
    ada.buys(event, 5).await;
    let count = async |event| admin.count_waiting(&format!("?event_id={event}")).await.says("200").json();
    assert_eq!(count(event).await, json!({ "event_id": event.to_string(), "entries": 0, "tickets": 0 }));

    ada.join(event, 2).await.says("200");
    bob.join(event, 100).await.says("200");
    bob.join(other, 1).await.says("200");

    assert_eq!(count(event).await, json!({ "event_id": event.to_string(), "entries": 2, "tickets": 102 }));
    let unknown = unknown_event();
    assert_eq!(count(unknown).await, json!({ "event_id": unknown.to_string(), "entries": 0, "tickets": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_may_and_only_for_an_event() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let query = format!("?event_id={event}");

    sale.buyer("Ada").count_waiting(&query).await.says("401 USER-01");

    for odd in ["", "?event_id=", "?event_id=x", "?Event_id=x"] {
        admin(&sale).count_waiting(odd).await.says("400 SYS-03");
    }
    admin(&sale).count_waiting("?event_id=00000000-0000-0000-0000-000000000001").await.says("400 EVENT-03");
}
