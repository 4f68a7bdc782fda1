//! What a user holds, as the pairs say, and of which events they held seats lately.

use std::time::Duration;

use booked_ids::UserId;
use booked_ticketing::{
    domain::count::SeatsWanted,
    ports::{Claimed, Claims as _, EventRecord, HeldUntil, Holds as _, Inventory as _, LeaseNonce},
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::sale::{HOLD, Sale, attempt, event, seat, seats, settled, user};

/// An event of 20 seats; what a user holds is counted, as everywhere but in the tests of single scripts.
async fn sale() -> Sale {
    Sale::with(20, []).await.limited(100, Duration::from_secs(300))
}

async fn held(sale: &Sale, user: UserId) -> Vec<u32> {
    let held = sale.pool.held_by(sale.event, user).await.unwrap();
    held.iter().map(|held| held.seat.get()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_seat_is_named_with_the_end_of_its_hold_and_those_that_end_first_come_first() {
    let sale = sale().await;
    let first = sale.hold(user(1), 2).await;
    sale.hold(user(2), 1).await;
    let later = sale.hold(user(1), 1).await;
    let until = sale.kept().await.holds;
    // As if it had been granted for longer.
    let long = until[&later[0]] + 5_000;
    sale.move_hold(later[0], long, false).await;
    let _: u32 = sale.raw(&format!("ZADD E:of:{} {long} {}", user(1), later[0])).await;

    let named = |number: u32, expires_unix_ms| HeldUntil { seat: seat(number), expires_unix_ms };
    assert_eq!(
        sale.pool.held_by(sale.event, user(1)).await.unwrap(),
        [named(first[0], until[&first[0]]), named(first[1], until[&first[1]]), named(later[0], long)]
    );
    assert!(held(&sale, user(3)).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_booked_is_named_until_it_is_booked() {
    let sale = sale().await;
    let seats_held = sale.hold(user(1), 3).await;
    let before = sale.pool.held_by(sale.event, user(1)).await.unwrap();
    assert_eq!(sale.claim(user(1), attempt(1), &seats_held[..2]).await, Claimed::All);
    assert_eq!(sale.pool.held_by(sale.event, user(1)).await.unwrap(), before);
    sale.pool.restore_hold(sale.event, attempt(1), &seats(seats_held[..1].to_vec())).await.unwrap();
    sale.pool.finish(sale.event, attempt(1), None, &seats(seats_held[1..2].to_vec())).await.unwrap();
    assert_eq!(held(&sale, user(1)).await, [seats_held[0], seats_held[2]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_settled_or_expired_is_not_named() {
    let sale = sale().await;
    let all = sale.hold(user(1), 6).await;
    sale.pool.release(sale.event, user(1), &seats(all[..1].to_vec()), None).await.unwrap();
    assert_eq!(sale.claim(user(1), attempt(1), &all[1..3]).await, Claimed::All);
    sale.pool.settle(sale.event, attempt(1), &settled([all[1]], false), None).await.unwrap();
    sale.pool.settle(sale.event, attempt(1), &settled([all[2]], true), None).await.unwrap();
    // The time has passed: with the pair gone, and with a pair that is still there.
    sale.move_hold(all[3], 1, true).await;
    sale.move_hold(all[4], 1, false).await;
    assert_eq!(held(&sale, user(1)).await, [all[5]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pairs_are_believed() {
    let sale = sale().await;
    let mine = sale.hold(user(1), 1).await;
    let others = sale.hold(user(2), 1).await;
    let sold = sale.hold(user(1), 1).await;
    assert_eq!(sale.claim(user(1), attempt(1), &sold).await, Claimed::All);
    sale.pool.finish(sale.event, attempt(1), None, &seats(sold.clone())).await.unwrap();
    for (score, number) in [("+inf", sold[0]), ("9999999999999", others[0]), ("9999999999999", 20)] {
        let _: u32 = sale.raw(&format!("ZADD E:of:{} {score} {number}", user(1))).await;
    }
    assert_eq!(held(&sale, user(1)).await, mine);
    // A seat that settles keeps the end of its hold, whatever its score is meanwhile.
    assert_eq!(sale.claim(user(1), attempt(2), &mine).await, Claimed::All);
    let _: u32 = sale.raw(&format!("ZADD E:of:{} +inf {}", user(1), mine[0])).await;
    let named = sale.pool.held_by(sale.event, user(1)).await.unwrap();
    let (now, _): (i64, i64) = sale.raw("TIME").await;
    let longest = now * 1000 + i64::try_from(HOLD.as_millis()).unwrap() + 1000;
    assert!(matches!(named.as_slice(), [held] if held.expires_unix_ms <= longest), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_user_the_hundred_events_whose_holds_end_last_are_kept_for_as_long_as_these() {
    const EVENTS: u8 = 103;
    let sale = Sale::not_loaded().await;
    let wanted = SeatsWanted::new(1).unwrap();
    for number in 0..EVENTS {
        let nonce = LeaseNonce(Uuid::from_u128(7));
        assert!(sale.pool.acquire_load(event(number), nonce).await.unwrap());
        assert!(sale.pool.publish(EventRecord::new(event(number), 8), nonce, &[]).await.unwrap());
        sale.pool.reserve(event(number), user(1), wanted, None).await.unwrap();
        // Nobody waits for the note but this test.
        let noted = async {
            while !sale.pool.events_held_by(user(1)).await.unwrap().contains(&event(number)) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(20), noted).await.expect("it is noted");
    }
    let kept = sale.pool.events_held_by(user(1)).await.unwrap();
    assert_eq!(kept.len(), 100);
    // Some of the first may have been granted in the same millisecond.
    assert!((10..EVENTS).map(event).all(|event| kept.contains(&event)), "{kept:?}");
    assert_eq!(sale.pool.events_held_by(user(2)).await.unwrap(), []);
    let left_ms: i64 = sale.raw(&format!("PTTL booked:holds:{{{}}}", user(1))).await;
    let hold_ms = i64::try_from(HOLD.as_millis()).unwrap();
    assert!((1..=hold_ms + 60_000).contains(&left_ms), "{left_ms} ms are left");
}
