//! One node is away: its events wait, those of the others are sold, and everything recovers on its own.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::EventId;
use booked_ticketing::usecases::{BookError, CancelError, ReserveError};

use crate::world::{World, until, user};

/// The list of active events, which is on one node.
const BUSY: &str = "booked:active";

async fn assert_sells(world: &World, event: EventId) {
    let tickets = world.reserve(user(5), event, 2).await.unwrap();
    world.book(user(5), &tickets).await.unwrap();
    world.cancel(user(5), event, 2).await.unwrap();
    let tickets = world.reserve(user(5), event, 1).await.unwrap();
    world.book(user(5), &tickets).await.unwrap();
}

async fn lose(which: impl FnOnce(&World) -> usize) {
    let mut world = World::with_hold(Duration::from_secs(2)).await;
    world.start_jobs();
    let by_node = world.events_on_every_node(3).await;
    let lost_node = which(&world);
    let lost = by_node[lost_node][0];
    let kept: Vec<EventId> = (0..3).filter(|node| *node != lost_node).map(|node| by_node[node][0]).collect();
    let sold = world.reserve(user(1), lost, 2).await.unwrap();
    world.book(user(1), &sold).await.unwrap();
    let held = world.reserve(user(2), lost, 1).await.unwrap();
    let kept_hold = world.reserve(user(2), kept[0], 1).await.unwrap();

    world.cluster.kill_node(lost_node).unwrap();
    for _ in 0..5 {
        let reserved = world.reserve(user(3), lost, 1).await;
        assert!(
            matches!(
                reserved,
                Err(ReserveError::Failed(Failure::NotDone(_)) | ReserveError::Failed(Failure::Unknown(_)))
            ),
            "{reserved:?}"
        );
        let booked = world.book(user(2), &held).await;
        assert!(
            matches!(
                booked,
                Err(BookError::Failed(Failure::NotDone(_)) | BookError::Failed(Failure::Unknown(_)))
            ),
            "{booked:?}"
        );
        let counted = world.occupied(&[lost, kept[0]]).await;
        assert!(matches!(counted, Err(Failure::NotDone(_))), "never a guess: {counted:?}");
        // An event that nobody sold before is one more for the list of active events.
        for event in &kept {
            assert_sells(&world, *event).await;
        }
    }
    for node in (0..3).filter(|node| *node != lost_node) {
        assert_sells(&world, by_node[node][1]).await;
    }
    world.book(user(1), &sold).await.expect("a repeated booking needs no Valkey");
    world.cancel(user(1), lost, 1).await.expect("nor does a cancel");
    assert!(matches!(world.cancel(user(9), lost, 1).await, Err(CancelError::NoTicket)));
    until("the janitor still visits the others", async || {
        !world.context.inventory.held(kept[0]).await.unwrap().contains(&kept_hold[0].seat())
    })
    .await;

    world.cluster.restart_node(lost_node).unwrap();
    until("its events are sold again", async || world.reserve(user(4), lost, 1).await.is_ok()).await;
    // What was held there is lost, what was sold is not.
    assert_eq!(world.occupied(&[lost]).await.unwrap(), [2]);
    assert!(matches!(world.book(user(4), &sold[..1]).await, Err(BookError::NotYours)));
    until("what the list of busy events lost is on it again", async || {
        let busy = world.context.inventory.active_events(100).await.unwrap();
        [lost].iter().all(|event| busy.contains(event))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_the_other_nodes_go_on() {
    lose(|world| (world.node_of(BUSY) + 1) % 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_depends_on_the_node_that_lists_the_busy_ones() {
    lose(|world| world.node_of(BUSY)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_answer_costs_its_own_events_alone() {
    let world = World::new().await;
    let by_node = world.events_on_every_node(2).await;
    for events in &by_node {
        for event in events {
            world.reserve(user(1), *event, 1).await.unwrap();
        }
    }
    world.cluster.nodes()[0].command(&["CLIENT", "PAUSE", "5000", "ALL"]).unwrap();
    let stuck = async {
        for event in &by_node[0] {
            let reserved = world.reserve(user(2), *event, 1).await;
            assert!(
                matches!(reserved, Err(ReserveError::Failed(Failure::Unknown(_)))),
                "it was sent: {reserved:?}"
            );
        }
    };
    let others = async {
        for _ in 0..3 {
            for event in by_node[1].iter().chain(&by_node[2]) {
                let began = std::time::Instant::now();
                world.reserve(user(2), *event, 1).await.unwrap();
                assert!(began.elapsed() < Duration::from_millis(900), "it waited for the node that is stuck");
            }
        }
    };
    tokio::join!(stuck, others);
    until("it answers again", async || world.reserve(user(3), by_node[0][0], 1).await.is_ok()).await;
}
