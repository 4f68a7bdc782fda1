//! Changes of a sale's terms that stop on their way to Valkey, while others change, load and reserve; and without their guards.

use booked_contract::{feed::EventState, sale::SaleTerms};
use booked_ids::EventId;
use booked_ticketing::usecases::{ReserveError, follow_event, load_inventory};
use tokio::task::JoinHandle;

use crate::{
    controls::control_of,
    gates::{Step, Stopped},
    world::{CAPACITY, Replica, World, soon, state, user},
};

async fn pause(world: &World, event: EventId, version: i64, paused: bool) {
    let terms = SaleTerms { paused, ..SaleTerms::default() };
    world.apply(EventState { sale: Some(terms), ..state(event, version, CAPACITY, false) }).await;
}

/// Follows, up to the script.
async fn following(replica: &Replica, event: EventId) -> (Stopped, JoinHandle<()>) {
    let context = replica.context.clone();
    let stopped = replica.gates.stop_before(Step::Follow);
    let following = tokio::spawn(async move { soon(follow_event(&context, event)).await.unwrap() });
    (stopped.reached().await, following)
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_terms_win() {
    control_of("changing_terms", "newest-terms-win", async {
        let (world, replica, event) = World::with_event().await;
        replica.hold(user(1), event, 1).await;
        pause(&world, event, 2, true).await;
        let slow = world.replica();
        let (late, following) = following(&slow, event).await;
        pause(&world, event, 3, false).await;
        follow_event(&replica.context, event).await.unwrap();
        late.go_on();
        following.await.unwrap();
        replica.reserve(user(2), event, 1).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_ends_load() {
    control_of("changing_terms", "follow-ends-load", async {
        let (world, replica, event) = World::with_event().await;
        let slow = world.replica();
        let publish = slow.gates.stop_before(Step::Publish);
        let follow = slow.gates.stop_before(Step::Follow);
        let context = slow.context.clone();
        let loading = tokio::spawn(async move { drop(soon(load_inventory(&context, event)).await) });
        let publish = publish.reached().await;
        pause(&world, event, 2, true).await;
        follow_event(&replica.context, event).await.unwrap();
        // From here on the change is answered. The load goes on, and stops before it looks whether something has changed.
        publish.go_on();
        let follow = follow.reached().await;
        let is_closed = matches!(replica.reserve(user(1), event, 1).await, Err(ReserveError::Closed));
        follow.go_on();
        loading.await.unwrap();
        is_closed
    })
    .await;
}
