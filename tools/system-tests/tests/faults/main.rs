//! Any one part gone: the routes that need it say so quickly, the others work, and all recovers by itself.
//!
//! What needs what is the table of that name in ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod scene;

use std::time::Duration;

use booked_client::{Failure, operations as op};
use booked_system_tests::{World, eventually};

use scene::{
    Route::{
        self, Analytics, Book, BookAgain, Cancel, CancellationRates, CreateEvent, DeleteEvent, Health,
        JoinWaitlist, ListBookings, ListEvents, LogIn, ReadEvent, Register, Release, Reserve, UpdateEvent,
    },
    Scene,
};

/// A client waits no longer for "not now".
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const RECOVERS_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn without_the_user_service_only_registering_and_log_in_are_away() {
    losing_a_process("user-1", &[Register, LogIn]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_event_service_only_events_are_away() {
    losing_a_process("event-1", &[CreateEvent, ListEvents, ReadEvent, UpdateEvent, DeleteEvent]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ticketing_tickets_the_waitlist_and_availability_are_away() {
    let needed =
        [Reserve, Book, BookAgain, Release, Cancel, ListBookings, JoinWaitlist, ListEvents, ReadEvent];
    losing_a_process("ticketing-1", &needed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_analytics_only_its_figures_are_away() {
    losing_a_process("analytics-1", &[Analytics, CancellationRates]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_health_and_holds_work() {
    let world = World::start(&[]).await;
    let scene = Scene::prepare(&world).await.unwrap();
    world.system.postgres().unwrap().kill();
    let works = [Health, Reserve, Release];
    let needed: Vec<Route> = Route::ALL.into_iter().filter(|route| !works.contains(route)).collect();
    scene.expect_away(&needed).await.unwrap();
    tokio::task::block_in_place(|| world.system.postgres().unwrap().restart()).unwrap();
    recovers(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_valkey_holds_and_availability_are_away() {
    let world = World::start(&[]).await;
    let scene = Scene::prepare(&world).await.unwrap();
    world.system.valkey().unwrap().kill();
    scene.expect_away(&[Reserve, Release, Book, ListEvents, ReadEvent]).await.unwrap();
    tokio::task::block_in_place(|| world.system.valkey().unwrap().restart()).unwrap();
    recovers(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_returns_serves_at_once() {
    let world = World::start(&[]).await;
    let gateway = world.system.process("gateway").unwrap();
    gateway.kill();
    let asked = world.anyone.send_once(&op::health()).await;
    assert!(matches!(asked, Err(Failure::NotSent(_))), "nobody should answer: {asked:?}");
    tokio::task::block_in_place(|| gateway.restart()).unwrap();
    recovers(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stands_still_holds_up_nobody_for_long() {
    let world = World::start(&[]).await;
    let scene = Scene::prepare(&world).await.unwrap();
    let analytics = world.system.process("analytics-1").unwrap();
    analytics.pause().unwrap();
    scene.expect_away(&[Analytics, CancellationRates]).await.unwrap();
    analytics.resume().unwrap();
    recovers(&world).await;
}

async fn losing_a_process(name: &str, needed_by: &[Route]) {
    let world = World::start(&[]).await;
    let scene = Scene::prepare(&world).await.unwrap();
    let process = world.system.process(name).unwrap();
    process.kill();
    scene.expect_away(needed_by).await.unwrap();
    tokio::task::block_in_place(|| process.restart()).unwrap();
    recovers(&world).await;
}

/// Everything works again, in a new scene, without anybody's help.
async fn recovers(world: &World) {
    let all_work = || async {
        let scene = Scene::prepare(world).await.map_err(|error| error.to_string())?;
        scene.expect_away(&[]).await
    };
    eventually(RECOVERS_WITHIN, "everything works again", all_work).await;
}
