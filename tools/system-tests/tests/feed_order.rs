//! The order of the feed, checked by the history checker: a booking that was written first and is committed last is
//! counted by analytics all the same; without the guard of that order (`below-horizon`) it is not, and the checker says so.

#![expect(clippy::unwrap_used, reason = "a test fails as tests do")]

use std::time::Duration;

use booked_checker::{Limits, Report, Sources, verify};
use booked_client::{Client, operations as op};
use booked_ids::EventId;
use booked_local_system::{Service, SystemOptions};
use booked_system_tests::{World, eventually};
use tokio_postgres::NoTls;
use uuid::Uuid;

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_first_and_committed_last_is_counted() {
    let world = World::start(&[]).await;
    let report = a_late_commit(&world, async |_, _| {}).await;
    assert!(report.valid, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_guard_of_the_order_something_is_missing() {
    let without = (Service::Ticketing, "BOOKED_WITHOUT".to_owned(), "below-horizon".to_owned());
    let world = World::start_with(|options| SystemOptions {
        settings: options.settings.into_iter().chain([without]).collect(),
        ..options
    });
    // What comes after it is shown while it is still under way.
    let report = a_late_commit(&world.await, counted).await;
    assert!(!report.valid, "nothing wrong was found:\n{report}");
}

/// A booking's transaction writes and stops; another booking is done; `meanwhile`; the first commits; and when a third is
/// counted, everything must be.
async fn a_late_commit(world: &World, meanwhile: impl AsyncFnOnce(&Client, Uuid)) -> Report {
    let admin = world.admin().await.unwrap();
    let buyer = world.member().await.unwrap().client;
    let (late, quick) = (world.event(&admin, 5).await.unwrap(), world.event(&admin, 5).await.unwrap());
    let database = |service: Service| world.system.postgres().unwrap().url(&service.database());

    let transaction = connect(&database(Service::Ticketing)).await;
    transaction.batch_execute(&booking_of_a_seat_of(late)).await.unwrap();
    buy(&buyer, quick).await;
    meanwhile(&admin, quick).await;
    transaction.batch_execute("COMMIT").await.unwrap();
    let last = world.event(&admin, 5).await.unwrap();
    buy(&buyer, last).await;
    counted(&admin, last).await;

    let sources = Sources {
        ticketing_database_url: Some(database(Service::Ticketing)),
        analytics_database_url: Some(database(Service::Analytics)),
        limits: Limits { settle_timeout: Duration::from_secs(1), ..Limits::default() },
        ..Sources::default()
    };
    verify(&sources, Vec::new()).await.unwrap()
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// What a booking writes, up to its COMMIT.
fn booking_of_a_seat_of(event: Uuid) -> String {
    let (booking, user) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let seat = booked_ids::SeatNumber::new(1).unwrap();
    let ticket = EventId::from_uuid(event).unwrap().ticket(seat);
    format!(
        "BEGIN;
         INSERT INTO bookings (id, booked) VALUES ('{booking}', true);
         INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at)
         VALUES ('{ticket}', '{event}', '{user}', '{booking}', now());
         INSERT INTO outbox (kind, subject, data)
         SELECT 'booked.ticketing.tickets_booked', '{event}', json_build_object(
             'booking_id', '{booking}', 'event_id', '{event}', 'user_id', '{user}', 'seats', json_build_array(1),
             'booked_unix_ms', floor(extract(epoch FROM now()) * 1000)::bigint);"
    )
}

async fn buy(buyer: &Client, event: Uuid) {
    let held = buyer.call(op::reserve_tickets(event, 1)).await.unwrap();
    buyer.call(op::book_tickets(&held.ticket_ids)).await.unwrap();
}

/// Waits until analytics has counted a sale of the event.
async fn counted(admin: &Client, event: Uuid) {
    eventually(WITHIN, "the sale is counted", async || {
        let rows = admin.call(op::list_analytics()).await.map_err(|error| error.to_string())?;
        let row = rows.iter().find(|row| row.event_id == event);
        if row.is_some_and(|row| row.sold_tickets == 1) { Ok(()) } else { Err(format!("{rows:?}")) }
    })
    .await;
}
