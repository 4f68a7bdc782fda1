//! A hot sale: far more buyers than seats, on several replicas of ticketing at once.

use std::collections::BTreeSet;

use booked_local_system::{Replicas, Service};
use booked_system_tests::{Api, Member, World};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

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

    let rush = members.iter().map(|member| buy(&member.api, &event));
    let sold: Vec<String> = futures_util::future::join_all(rush).await.into_iter().flatten().collect();

    assert_eq!(sold.len(), 50, "acknowledged bookings");
    assert_eq!(sold.iter().collect::<BTreeSet<_>>().len(), 50, "a seat was sold twice: {sold:?}");
    let left = world.api.get(&format!("/event/{event}/")).await;
    assert_eq!(left.body["available_seats_count"], 0, "{left:?}");
    let listed = members.iter().map(|member| booked_by(&member.api));
    let listed: u64 = futures_util::future::join_all(listed).await.into_iter().sum();
    assert_eq!(listed, 50, "tickets in the buyers' bookings");
}

/// The ticket that was bought, unless all were gone.
async fn buy(api: &Api, event: &str) -> Option<String> {
    let reserved = api.post("/ticket/reserve/", json!({ "event_id": event, "count": 1 })).await;
    if reserved.status != 200 {
        assert_eq!((reserved.status, reserved.code()), (400, "TICKET-01"), "{reserved:?}");
        return None;
    }
    let tickets = &reserved.body["ticket_ids"];
    let booked = api.post("/ticket/book/", json!({ "ticket_ids": tickets })).await;
    assert_eq!(booked.status, 200, "{booked:?}");
    tickets[0].as_str().map(ToOwned::to_owned)
}

async fn booked_by(api: &Api) -> u64 {
    let bookings = api.get("/user/bookings/").await;
    let rows = bookings.body.as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| row["number_of_tickets"].as_u64()).sum()
}
