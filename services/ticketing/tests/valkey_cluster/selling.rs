//! Everything that is sold on one Valkey is sold on a cluster, on all its nodes at once.

use std::{collections::BTreeSet, time::Duration};

use booked_ids::{EventId, TicketId};
use booked_ticketing::{ports::EventRecord, usecases};

use crate::world::{CAPACITY, World, requested, until, user};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_all_nodes_are_sold_together() {
    let world = World::new().await;
    let events: Vec<EventId> = world.events_on_every_node(3).await.concat();
    let mut tickets: Vec<TicketId> = Vec::new();
    for event in &events {
        tickets.extend(world.reserve(user(1), *event, 3).await.unwrap());
    }
    assert_eq!(world.occupied(&events).await.unwrap(), vec![3; events.len()]);

    let (released, booked): (Vec<_>, Vec<_>) = tickets.iter().partition(|ticket| ticket.seat().get() == 3);
    usecases::release_tickets(&world.context, user(1), requested(&released), None).await.unwrap();
    world.book(user(1), &booked).await.unwrap();
    world.book(user(1), &booked).await.unwrap();
    assert_eq!(world.occupied(&events).await.unwrap(), vec![2; events.len()]);
    assert!(matches!(world.book(user(2), &booked).await, Err(usecases::BookError::NotYours)));

    for event in &events {
        world.cancel(user(1), *event, 1).await.unwrap();
        let others = world.reserve(user(2), *event, i64::from(CAPACITY) - 1).await.unwrap();
        assert_eq!(others.len(), 19, "all but the one that is sold");
        let record = EventRecord::new(*event, CAPACITY);
        let reconciled = usecases::reconcile_seats(&world.context, record).await.unwrap();
        assert_eq!(reconciled, usecases::Reconciled::default(), "Valkey says what Postgres says");
    }
    assert_eq!(world.occupied(&events).await.unwrap(), vec![CAPACITY; events.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_janitor_finds_the_events_of_all_nodes() {
    let world = World::with_hold(Duration::from_millis(500)).await;
    let events: Vec<EventId> = world.events_on_every_node(1).await.concat();
    for event in &events {
        world.reserve(user(1), *event, 2).await.unwrap();
    }
    let inventory = &world.context.inventory;
    until("all are known to be busy", async || {
        let busy: BTreeSet<EventId> = inventory.active_events(100).await.unwrap().into_iter().collect();
        busy == events.iter().copied().collect()
    })
    .await;
    world.start_jobs();
    until("all holds are taken back", async || {
        let mut held = 0;
        for event in &events {
            held += inventory.held(*event).await.unwrap().len();
        }
        held == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_is_asked_whether_it_may_evict_and_who_it_is() {
    let mut world = World::new().await;
    assert_eq!(world.valkey.misconfiguration().await.unwrap(), None);
    let before = world.context.inventory.incarnation().await.unwrap();
    assert_eq!(before.split(' ').count(), 3);

    world.cluster.nodes()[1].command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).unwrap();
    let why = world.valkey.misconfiguration().await.unwrap().expect("one that may evict is unfit");
    assert!(why.contains("allkeys-lru"), "{why}");

    world.cluster.kill_node(2).unwrap();
    world.cluster.restart_node(2).unwrap();
    until("the node that lost its data has another name", async || {
        world.context.inventory.incarnation().await.is_ok_and(|now| now != before)
    })
    .await;
}
