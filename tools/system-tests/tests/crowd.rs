//! A hot sale: far more buyers than seats, on several replicas of ticketing at once.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::collections::BTreeSet;

use booked_client::{Client, Failure, operations as op};
use booked_contract::Code;
use booked_local_system::{Replicas, Service};
use booked_system_tests::{Member, World};
use futures_util::{StreamExt, TryStreamExt, future::join_all, stream};
use uuid::Uuid;

const BUYERS: usize = 200;
const SEATS: u32 = 50;
const TICKETING: Replicas = Replicas { service: Service::Ticketing, count: 3 };
/// Registering is no part of the rush, and log-ins queue for their hashing threads.
const REGISTERING_AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_after_fifty_seats_buy_fifty_each_once() {
    let world = World::start(&[TICKETING]).await;
    let admin = world.admin().await.unwrap();
    let event = world.event(&admin, SEATS).await.unwrap();
    let registering = stream::iter(0..BUYERS).map(|_| world.member()).buffer_unordered(REGISTERING_AT_ONCE);
    let members: Vec<Member> = registering.try_collect().await.unwrap();

    let rush = members.iter().map(|member| buy(&member.client, event));
    let sold: Vec<Uuid> = join_all(rush).await.into_iter().flatten().collect();

    assert_eq!(sold.len(), 50, "acknowledged bookings");
    assert_eq!(sold.iter().collect::<BTreeSet<_>>().len(), 50, "a seat was sold twice: {sold:?}");
    let left = world.anyone.call(op::get_event(event)).await.unwrap();
    assert_eq!(left.available_seats_count, 0, "{left:?}");
    let listed = members.iter().map(|member| booked_by(&member.client));
    let listed: u32 = join_all(listed).await.into_iter().sum();
    assert_eq!(listed, 50, "tickets in the buyers' bookings");
}

/// The ticket that was bought, unless all were gone. Sent once, since nobody has to try again.
async fn buy(client: &Client, event: Uuid) -> Option<Uuid> {
    let held = match client.send_once(&op::reserve_tickets(event, 1)).await {
        Ok(answer) => answer.value.ticket_ids,
        Err(Failure::Api(error)) if error.code() == Some(Code::TooFewTickets) => return None,
        Err(error) => panic!("{error}"),
    };
    client.send_once(&op::book_tickets(&held)).await.unwrap();
    Some(held[0])
}

async fn booked_by(client: &Client) -> u32 {
    let bookings = client.call(op::list_bookings()).await.unwrap();
    bookings.iter().map(|row| row.number_of_tickets).sum()
}
