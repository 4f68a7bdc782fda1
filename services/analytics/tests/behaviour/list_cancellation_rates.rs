//! `GET /analytics/cancellation_rates/`: tickets cancelled over tickets ever booked.

use booked_ids::EventId;

use crate::world::{TODAY, World, YESTERDAY, booked, cancelled, deleted, event, on_sale};

async fn rates(world: &World) -> Vec<(EventId, f64)> {
    let rows = world.analytics.rates().await;
    rows.iter().map(|row| (EventId::from_uuid(row.event_id).unwrap(), row.cancellation_rate)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_is_0_if_nothing_was_booked() {
    let world = World::start().await;
    assert_eq!(rates(&world).await, []);

    world.publish([on_sale(event(2), 1, 10), on_sale(event(1), 1, 10)]).await;

    assert_eq!(rates(&world).await, [(event(1), 0.0), (event(2), 0.0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_is_of_all_tickets_ever_booked() {
    let world = World::start().await;
    world
        .publish([on_sale(event(1), 1, 10), booked(event(1), 3, YESTERDAY), booked(event(1), 1, TODAY)])
        .await;
    assert_eq!(rates(&world).await, [(event(1), 0.0)]);

    world.publish([cancelled(event(1), 1, YESTERDAY)]).await;
    assert_eq!(rates(&world).await, [(event(1), 0.25)]);

    world.publish([cancelled(event(1), 2, YESTERDAY), cancelled(event(1), 1, TODAY)]).await;
    assert_eq!(rates(&world).await, [(event(1), 1.0)]);

    // The same seats, sold again.
    world.publish([booked(event(1), 4, TODAY)]).await;
    assert_eq!(rates(&world).await, [(event(1), 0.5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_has_no_rate() {
    let world = World::start().await;
    world
        .publish([on_sale(event(1), 1, 10), booked(event(1), 2, TODAY), cancelled(event(1), 1, TODAY)])
        .await;

    world.publish([deleted(event(1), 2)]).await;

    assert_eq!(rates(&world).await, []);
}
