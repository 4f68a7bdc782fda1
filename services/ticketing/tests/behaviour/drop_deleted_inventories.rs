//! A Valkey that lost its newest writes brings back the inventory of an event that was deleted and purged meanwhile: it goes
//! again, whether somebody reserves of it or not.

use booked_ids::EventId;
use uuid::Uuid;

use crate::support::{Sale, eventually};

fn key(event: EventId, name: &str) -> String {
    format!("{{{event}}}:{name}")
}

/// An event that is deleted and purged, and whose inventory is back.
async fn with_an_inventory_that_came_back(sale: &Sale) -> EventId {
    let event = sale.create_event(10).await;
    sale.buyer("Ada").buys(event, 1).await;
    for name in ["taken", "meta"] {
        let kept = key(event, &format!("kept-{name}"));
        assert_eq!(sale.valkey.ask::<u8>(&["COPY", &key(event, name), &kept]), 1);
    }
    sale.delete(event).await;
    eventually("it is purged", async || {
        sale.postgres.execute(&format!("SELECT purged FROM events WHERE id = '{event}'")) == "t"
    })
    .await;
    assert!(!has_inventory(sale, event));
    // The mark of the janitor's list and the lease that dropping took are lost with it.
    sale.valkey.ask::<u8>(&["DEL", "booked:active"]);
    sale.valkey.ask::<u8>(&["DEL", &key(event, "load")]);
    for name in ["taken", "meta"] {
        sale.valkey.ask::<String>(&["RENAME", &key(event, &format!("kept-{name}")), &key(event, name)]);
    }
    event
}

fn has_inventory(sale: &Sale, event: EventId) -> bool {
    sale.valkey.ask::<u8>(&["EXISTS", &key(event, "taken")]) == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_janitor_drops_it_where_somebody_reserves_of_it() {
    let sale = Sale::start().await;
    let event = with_an_inventory_that_came_back(&sale).await;
    // Another instance, since a process marks an event as busy once a minute.
    let second = sale.start_instance().await;
    second.until_ready().await;
    let bob = sale.buyer("Bob").at(&second.url);
    let answer = bob.reserve(event, 1).await.says_one_of(&["200", "400 EVENT-03"]);
    if let Ok(held) = serde_json::from_value::<Vec<Uuid>>(answer.json()["ticket_ids"].clone()) {
        bob.book(&held).await.says("400 TICKET-02");
    }
    eventually("nothing of it is on sale", async || bob.reserve(event, 1).await.said() == "400 EVENT-03")
        .await;
    assert!(!has_inventory(&sale, event));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciler_drops_it_where_nobody_does() {
    let sale = Sale::set_up().flag("--reconciler-interval-ms", 200).start().await;
    let event = with_an_inventory_that_came_back(&sale).await;
    let other = sale.create_event(1).await;
    sale.buyer("Ada").buys(other, 1).await;
    eventually("its map is gone", async || !has_inventory(&sale, event)).await;
    assert!(has_inventory(&sale, other));
}
