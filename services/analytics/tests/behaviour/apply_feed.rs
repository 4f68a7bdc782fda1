//! Every fact of ticketing's feed counts once, in whatever order and however often it arrives.

use booked_contract::{
    analytics::EventAnalytics,
    feed::{EventOnSale, TicketsBooked, TicketsCancelled},
};
use serde_json::json;

use crate::world::{Fact, TODAY, World, YESTERDAY, booked, cancelled, deleted, event, on_sale};

async fn only_row(world: &World) -> EventAnalytics {
    let [row] = world.analytics.rows().await.try_into().unwrap();
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_come_before_what_they_follow_from_count_all_the_same() {
    let world = World::start().await;

    world.publish([cancelled(event(1), 2, TODAY)]).await;
    assert_eq!(world.analytics.rows().await, [], "an event that nobody described yet");

    world.publish([on_sale(event(1), 1, 10)]).await;
    let row = only_row(&world).await;
    assert_eq!((row.sold_tickets, row.today_booked_tickets), (0, 0), "never below 0");
    assert_eq!(row.capacity_utilisation, 0.0);
    assert_eq!(world.analytics.rates().await[0].cancellation_rate, 0.0, "cancelled, and never booked yet");

    world.publish([booked(event(1), 5, TODAY)]).await;
    let row = only_row(&world).await;
    assert_eq!((row.sold_tickets, row.today_booked_tickets), (3, 3));
    assert_eq!(world.analytics.rates().await[0].cancellation_rate, 0.4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_feed_makes_no_difference() {
    let facts = vec![
        on_sale(event(1), 1, 10),
        on_sale(event(2), 1, 10),
        booked(event(1), 4, YESTERDAY),
        booked(event(2), 2, TODAY),
        on_sale(event(1), 2, 20),
        cancelled(event(1), 1, YESTERDAY),
        booked(event(1), 3, TODAY),
        deleted(event(2), 2),
        cancelled(event(1), 2, TODAY),
    ];
    let (forwards, backwards) = (World::start().await, World::start().await);

    forwards.publish(facts.clone()).await;
    for fact in facts.into_iter().rev() {
        backwards.publish([fact]).await;
    }

    let row = only_row(&forwards).await;
    assert_eq!((row.total_seats, row.sold_tickets, row.today_booked_tickets), (20, 4, 1));
    assert_eq!(only_row(&backwards).await, row);
    assert_eq!(backwards.analytics.rates().await, forwards.analytics.rates().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_never_overwrites_a_newer_one() {
    let world = World::start().await;
    world.publish([on_sale(event(1), 3, 30), on_sale(event(1), 2, 20)]).await;
    assert_eq!(only_row(&world).await.total_seats, 30);

    world.publish([on_sale(event(1), 1, 10)]).await;
    assert_eq!(only_row(&world).await.total_seats, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_read_again_from_its_start_counts_once() {
    let world = World::start().await;
    let facts = [on_sale(event(1), 1, 10), booked(event(1), 5, TODAY), cancelled(event(1), 1, TODAY)];
    let position = world.ticketing.write(facts.to_vec()).await;
    world.applied(position).await;
    let (row, rates) = (only_row(&world).await, world.analytics.rates().await);

    world.pretend_that_all_was_read_in_another_incarnation();
    world.applied(position).await;

    assert_eq!(only_row(&world).await, row);
    assert_eq!(world.analytics.rates().await, rates);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_lost_the_last_row_leaves_the_counts_of_archived_months() {
    let world = World::start().await;
    let first = [on_sale(event(1), 1, 10), booked(event(1), 5, YESTERDAY), on_sale(event(2), 1, 10)];
    world.publish_in_month(4, first).await;
    world.publish_in_month(3, [cancelled(event(1), 2, YESTERDAY), booked(event(1), 3, TODAY)]).await;
    world
        .publish_in_month(
            2,
            [on_sale(event(1), 2, 20), cancelled(event(1), 1, TODAY), booked(event(2), 4, TODAY)],
        )
        .await;
    world.publish([booked(event(2), 1, TODAY)]).await;
    let (rows, rates) = (world.analytics.rows().await, world.analytics.rates().await);
    for months_ago in [3, 1] {
        world.ticketing.archive(months_ago);
        world.publish([booked(event(2), 1, TODAY)]).await;
        world.ticketing.lose_the_last_row();
        world.pretend_that_another_server_took_over();
        world.publish([deleted(event(3), 2)]).await;

        assert_eq!(world.analytics.rows().await, rows);
        assert_eq!(world.analytics.rates().await, rates);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn analytics_that_starts_from_nothing_counts_what_was_archived() {
    let world = World::start().await;
    world
        .publish_in_month(
            3,
            [on_sale(event(1), 1, 10), booked(event(1), 5, TODAY), booked(event(1), 1, YESTERDAY)],
        )
        .await;
    world.publish_in_month(2, [cancelled(event(1), 2, TODAY)]).await;
    let (row, rates) = (only_row(&world).await, world.analytics.rates().await);
    assert_eq!((row.sold_tickets, row.today_booked_tickets), (4, 3));
    world.ticketing.archive(1);

    world.database.execute("TRUNCATE feed_cursors, events, booked_by_day");
    let position = world.ticketing.write(Vec::from([on_sale(event(1), 1, 10)])).await;
    world.applied(position).await;

    assert_eq!(only_row(&world).await, row);
    assert_eq!(world.analytics.rates().await, rates);
}

/// The counts include an event that the feed does not have (any more), as after archiving.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_lost_nothing_leaves_the_counts_as_they_are() {
    let world = World::start().await;
    world
        .database
        .execute("INSERT INTO events VALUES ('00000000-0063-8000-8000-000000000000', 1, false, 10, 5, 1)");
    world.publish([on_sale(event(1), 1, 10), booked(event(1), 5, TODAY)]).await;

    world.pretend_that_another_server_took_over();
    world.publish([booked(event(1), 1, TODAY)]).await;

    let rows = world.analytics.rows().await;
    let sold: Vec<_> = rows.iter().map(|row| row.sold_tickets).collect();
    assert_eq!(sold, [6, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_new_incarnation_of_a_feed_does_not_have_is_no_longer_counted() {
    let world = World::start().await;
    world.database.execute(
        "INSERT INTO events VALUES ('00000000-0063-8000-8000-000000000000', 1, false, 10, 5, 1);
         INSERT INTO booked_by_day VALUES ('00000000-0063-8000-8000-000000000000', '2030-05-17', 4);",
    );
    world.publish([on_sale(event(1), 1, 10)]).await;
    assert_eq!(world.analytics.rows().await.len(), 2);

    world.pretend_that_all_was_read_in_another_incarnation();
    world.publish([booked(event(1), 1, TODAY)]).await;

    assert_eq!(only_row(&world).await.event_id, event(1).as_uuid());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_replicas_count_every_fact_once() {
    let world = World::start().await;
    let replicas = [world.start_replica().await, world.start_replica().await];

    world.publish([on_sale(event(1), 1, 10), booked(event(1), 5, TODAY)]).await;

    for replica in [&world.analytics, &replicas[0], &replicas[1]] {
        assert_eq!(replica.rows().await[0].sold_tickets, 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_restarts_continues_where_it_was() {
    let mut world = World::start().await;
    world.publish([on_sale(event(1), 1, 10), booked(event(1), 5, TODAY)]).await;

    world.analytics = world.start_replica().await;
    world.publish([booked(event(1), 1, TODAY)]).await;

    assert_eq!(only_row(&world).await.sold_tickets, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_stops_nothing() {
    let world = World::start().await;
    let id = event(1).as_uuid();
    let no_event = "11111111-2222-4333-8444-555555555555";
    let (kind, ledger) = (EventOnSale::KIND, TicketsBooked::KIND);
    world
        .publish([
            Fact::Other("booked.ticketing.of_a_newer_version", json!({"event_id": id})),
            Fact::Other(kind, json!({"event_id": id, "version": "1"})),
            Fact::Other(kind, json!({"event_id": no_event, "version": 1, "deleted": false, "seat_count": 1})),
            Fact::Other(kind, json!({"event_id": id, "version": 0, "deleted": false, "seat_count": 1})),
            Fact::Other(kind, json!({"event_id": id, "version": 9, "deleted": false, "seat_count": 4_000_000_000_u32})),
            Fact::Other(ledger, json!({"booking_id": id, "event_id": id, "user_id": id, "seats": [1], "booked_unix_ms": i64::MAX})),
            Fact::Other(TicketsCancelled::KIND, json!(null)),
            on_sale(event(1), 1, 10),
            booked(event(1), 5, TODAY),
        ])
        .await;

    assert_eq!(only_row(&world).await.sold_tickets, 5);
    assert_eq!(world.database.execute("SELECT count(*) FROM feed_set_aside").trim(), "6");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_sale_adds_up_to_the_last_ticket() {
    let world = World::start().await;
    let events: Vec<_> = (1..=10).map(event).collect();
    let mut facts: Vec<_> = events.iter().map(|event| on_sale(*event, 1, 1_000)).collect();
    for turn in 0..200 {
        for event in &events {
            facts.push(booked(*event, 2, if turn % 4 == 0 { YESTERDAY } else { TODAY }));
        }
        if turn % 2 == 0 {
            facts.extend(events.iter().map(|event| cancelled(*event, 1, TODAY)));
        }
    }

    world.publish(facts).await;

    let rows = world.analytics.rows().await;
    assert_eq!(rows.len(), 10);
    for row in rows {
        assert_eq!((row.sold_tickets, row.today_booked_tickets), (300, 200), "{}", row.event_id);
    }
    assert!(world.analytics.rates().await.iter().all(|row| row.cancellation_rate == 0.25));
}
