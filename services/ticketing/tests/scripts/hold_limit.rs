//! How much of an event one user may hold, and for how long what they gave up counts.

use std::time::Duration;

use booked_ids::UserId;
use booked_ticketing::ports::{Claimed, Claims as _, Holds as _, Released, Reserved};

use crate::sale::{HOLD, Sale, attempt, seats, settled, user};

const COOLDOWN: Duration = Duration::from_secs(300);

/// An event of 30 seats, of which a user may hold ten.
async fn sale() -> Sale {
    Sale::with(30, []).await.limited(10, COOLDOWN)
}

/// After how many milliseconds this many more may be held.
async fn refused(sale: &Sale, user: UserId, count: i64) -> i64 {
    match sale.reserve(user, count).await {
        Reserved::TooManyHeld { again_in } => i64::try_from(again_in.as_millis()).unwrap(),
        other => panic!("{count} seats too many are held: {other:?}"),
    }
}

/// As if these holds had ended so long ago.
async fn ended(sale: &Sale, user: UserId, numbers: &[u32], ago: Duration) {
    let (seconds, _): (i64, i64) = sale.raw("TIME").await;
    let end = seconds * 1000 - i64::try_from(ago.as_millis()).unwrap();
    for number in numbers {
        let moved: u32 = sale.raw(&format!("ZADD E:of:{user} XX CH {end} {number}")).await;
        assert_eq!(moved, 1, "seat {number} was not held");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_holds_so_many_seats_and_others_hold_theirs() {
    let sale = sale().await;
    sale.hold(user(1), 6).await;
    sale.hold(user(1), 4).await;
    let wait = refused(&sale, user(1), 1).await;
    let longest = i64::try_from((HOLD + COOLDOWN).as_millis()).unwrap();
    assert!((1..=longest).contains(&wait), "to be tried again in {wait} ms");
    assert_eq!(sale.occupied().await, Some(10));
    sale.hold(user(2), 10).await;
    refused(&sale, user(2), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_beyond_the_limit_is_refused_whole() {
    let sale = sale().await;
    assert_eq!(refused(&sale, user(1), 11).await, 0, "no waiting helps");
    sale.hold(user(1), 7).await;
    refused(&sale, user(1), 4).await;
    assert_eq!(sale.occupied().await, Some(7));
    sale.hold(user(1), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_booked_is_held_no_more() {
    let sale = sale().await;
    for round in 0..3 {
        let held = sale.hold(user(1), 10).await;
        assert_eq!(sale.claim(user(1), attempt(round), &held).await, Claimed::All);
        refused(&sale, user(1), 1).await;
        sale.pool.finish(sale.event, attempt(round), None, &seats(held)).await.unwrap();
    }
    assert!(sale.kept().await.held_lately.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_a_hold_or_lets_it_end_cannot_hold_again_at_once() {
    let sale = sale().await;
    let held = sale.hold(user(1), 10).await;
    let released =
        sale.pool.release(sale.event, user(1), &seats(held[..3].to_vec()), None).await.unwrap().what;
    assert_eq!(released, Released::All);
    // As several events are released: claimed, and settled as unsold.
    assert_eq!(sale.claim(user(1), attempt(1), &held[3..6]).await, Claimed::All);
    sale.pool.settle(sale.event, attempt(1), &settled(held[3..6].to_vec(), false), None).await.unwrap();
    ended(&sale, user(1), &held[6..], Duration::from_secs(60)).await;

    let wait = refused(&sale, user(1), 1).await;

    let of_the_earliest = i64::try_from((COOLDOWN - Duration::from_secs(60)).as_millis()).unwrap();
    assert!((1..=of_the_earliest).contains(&wait), "to be tried again in {wait} ms");
    assert!(refused(&sale, user(1), 5).await > of_the_earliest, "the first four are not enough");
    ended(&sale, user(1), &held[..6], COOLDOWN + Duration::from_secs(1)).await;
    assert_eq!(sale.hold(user(1), 6).await.len(), 6);
    assert_eq!(sale.kept().await.held_lately[&user(1)].len(), 10, "what ended long ago is forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_given_back_counts_as_it_did() {
    let sale = sale().await;
    let held = sale.hold(user(1), 10).await;
    let before = sale.kept().await.held_lately;
    assert_eq!(sale.claim(user(1), attempt(1), &held).await, Claimed::All);
    sale.pool.restore_hold(sale.event, attempt(1), &seats(held)).await.unwrap();
    assert_eq!(sale.kept().await.held_lately, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_is_forgotten_by_itself() {
    let sale = sale().await;
    sale.hold(user(1), 2).await;
    let ends = sale.kept().await.held_lately[&user(1)][&1];
    let forgotten = sale.raw::<i64>(&format!("PEXPIRETIME E:of:{}", user(1))).await;
    assert_eq!(forgotten, ends + i64::try_from(COOLDOWN.as_millis()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_limit_nobody_is_refused() {
    let sale = Sale::with(30, []).await;
    sale.hold(user(1), 30).await;
}
