//! What is noted of a buyer for the limit of a buyer: what they hold, what settles and what is sold, whatever was lost.

use booked_ids::UserId;
use booked_ticketing::{
    domain::terms::Terms,
    ports::{Claimed, Claims as _, Holds as _, Inventory as _, Released, Reserved},
};

use crate::sale::{Sale, attempt, numbers, seat, seats, settled, user};

/// An event of 30 seats, of which one user may have four.
async fn sale() -> Sale {
    let sale = Sale::with(30, []).await;
    sale.sell(Terms { version: 2, max_per_buyer: Some(4), ..Terms::default() }).await;
    sale
}

/// Notes that the user has these seats, as Postgres says now.
async fn note(sale: &Sale, user: UserId, sold: &[u32]) {
    note_as_of(sale, user, now_ms(sale).await, sold).await;
}

async fn note_as_of(sale: &Sale, user: UserId, asked_unix_ms: i64, sold: &[u32]) {
    let sold = seats(sold.iter().copied());
    sale.pool.note_tickets(sale.event, user, asked_unix_ms, &sold).await.unwrap();
}

async fn now_ms(sale: &Sale) -> i64 {
    let (seconds, micros): (i64, i64) = sale.raw("TIME").await;
    seconds * 1000 + micros / 1000
}

/// How many more the user may reserve: found by trying, and given back.
async fn left(sale: &Sale, user: UserId) -> i64 {
    for count in (1..=4).rev() {
        match sale.reserve(user, count).await {
            Reserved::Held { seats, .. } => {
                assert_eq!(
                    sale.pool.release(sale.event, user, &seats, None).await.unwrap().what,
                    Released::All
                );
                return count;
            }
            Reserved::OverLimit { limit } => assert_eq!(limit, 4),
            other => panic!("{count} seats are neither held nor too many: {other:?}"),
        }
    }
    0
}

/// What is noted of a seat.
async fn noted(sale: &Sale, user: UserId, number: u32) -> Option<i64> {
    sale.raw(&format!("ZSCORE E:buyer:{user} {number}")).await
}

/// As the prelude has it.
const SETTLING: i64 = 1_000_000_000_000_000;

async fn must_be_noted(sale: &Sale, user: UserId) {
    let answer = sale.reserve(user, 1).await;
    assert!(matches!(answer, Reserved::NotNoted { .. }), "{answer:?}");
}

async fn buy(sale: &Sale, user: UserId, number: u128, count: i64) -> Vec<u32> {
    let held = sale.hold(user, count).await;
    assert_eq!(sale.claim(user, attempt(number), &held).await, Claimed::All);
    sale.pool.finish(sale.event, attempt(number), Some(user), &seats(held.clone())).await.unwrap();
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_before_it_is_noted_what_the_user_has() {
    let sale = sale().await;
    must_be_noted(&sale, user(1)).await;
    note(&sale, user(1), &[]).await;
    assert_eq!(left(&sale, user(1)).await, 4);
    must_be_noted(&sale, user(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_settles_or_is_sold_counts() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let held = sale.hold(user(1), 3).await;
    assert_eq!(left(&sale, user(1)).await, 1);
    assert_eq!(sale.claim(user(1), attempt(1), &held[..2]).await, Claimed::All);
    // Its clock does not run.
    let _: u32 = sale.raw(&format!("ZADD E:of:{} XX 1 {} 1 {}", user(1), held[0], held[1])).await;
    assert_eq!(left(&sale, user(1)).await, 1);
    sale.pool.finish(sale.event, attempt(1), Some(user(1)), &seats(held[..2].to_vec())).await.unwrap();
    assert_eq!(left(&sale, user(1)).await, 1);
    let released = sale.pool.release(sale.event, user(1), &[seat(held[2])], None).await.unwrap().what;
    assert_eq!((released, left(&sale, user(1)).await), (Released::All, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_failed_counts_as_the_hold_that_it_was() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let held = sale.hold(user(1), 2).await;
    let ends = noted(&sale, user(1), held[0]).await;
    assert!(ends.is_some_and(|ends| ends < SETTLING));
    assert_eq!(sale.claim(user(1), attempt(1), &held).await, Claimed::All);
    sale.pool.restore_hold(sale.event, attempt(1), &seats(held.clone())).await.unwrap();
    assert_eq!(left(&sale, user(1)).await, 2);
    assert_eq!(noted(&sale, user(1), held[0]).await, ends);
    assert_eq!(sale.claim(user(1), attempt(2), &held).await, Claimed::All);
    assert_eq!(noted(&sale, user(1), held[0]).await, Some(SETTLING));
    sale.pool.settle(sale.event, attempt(2), &settled(held[..1].to_vec(), false), None).await.unwrap();
    assert_eq!(noted(&sale, user(1), held[0]).await, None);
    assert_eq!(left(&sale, user(1)).await, 3);
    // Whose it is only Postgres knows.
    sale.pool.settle(sale.event, attempt(2), &settled(held[1..].to_vec(), true), None).await.unwrap();
    must_be_noted(&sale, user(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_seats_count_no_more() {
    let sale = sale().await;
    note(&sale, user(9), &[]).await;
    let bought = buy(&sale, user(9), 1, 3).await;
    assert_eq!(sale.claim_sold(attempt(2), &bought[..2]).await, bought[..2]);
    assert_eq!(left(&sale, user(9)).await, 1, "the cancel may fail yet");
    sale.pool.settle(sale.event, attempt(2), &settled(bought[..2].to_vec(), false), None).await.unwrap();
    assert_eq!(left(&sale, user(9)).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_again_is_what_postgres_and_valkey_say_together() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let bought = buy(&sale, user(1), 1, 1).await;
    let held = sale.hold(user(1), 2).await;
    assert_eq!(sale.claim(user(1), attempt(2), &held[..1]).await, Claimed::All);
    let asked = now_ms(&sale).await + 1;
    note_as_of(&sale, user(1), asked, &bought).await;
    assert_eq!(left(&sale, user(1)).await, 1);
    note_as_of(&sale, user(1), asked, &[]).await;
    assert_eq!(left(&sale, user(1)).await, 1, "it was noted as of the same moment before");
    note_as_of(&sale, user(1), asked + 5_000, &[]).await;
    assert_eq!(left(&sale, user(1)).await, 1, "the clock may have been another one");
    note_as_of(&sale, user(1), asked + 5_001, &[]).await;
    assert_eq!(left(&sale, user(1)).await, 2, "what is held and what settles is left");
}

/// Postgres was asked, the booking was committed, and only then it is noted what Postgres said.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_while_postgres_is_asked_counts() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let held = sale.hold(user(1), 2).await;
    let _: u32 = sale.raw(&format!("DEL E:buyer:{}", user(1))).await;
    let asked = match sale.reserve(user(1), 1).await {
        Reserved::NotNoted { now_unix_ms } => now_unix_ms,
        other => panic!("{other:?}"),
    };
    assert_eq!(sale.claim(user(1), attempt(1), &held).await, Claimed::All);
    sale.pool.finish(sale.event, attempt(1), Some(user(1)), &seats(held)).await.unwrap();
    note_as_of(&sale, user(1), asked, &[]).await;
    assert_eq!(left(&sale, user(1)).await, 2);
}

/// The claim was lost with the inventory, and the booking was committed all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_without_a_claim_counts() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let held = sale.hold(user(1), 2).await;
    assert_eq!(sale.claim(user(1), attempt(1), &held).await, Claimed::All);
    let _: u32 = sale.raw("DEL E:taken").await;
    sale.publish(30, []).await;
    let _: u32 = sale.raw("HSET E:meta epoch another").await;
    sale.sell(Terms { version: 2, max_per_buyer: Some(4), ..Terms::default() }).await;
    must_be_noted(&sale, user(1)).await;
    note(&sale, user(1), &[]).await;
    assert_eq!(left(&sale, user(1)).await, 4, "what was held in an inventory that is gone is held no more");
    sale.pool.finish(sale.event, attempt(1), Some(user(1)), &seats(held)).await.unwrap();
    assert_eq!(left(&sale, user(1)).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_repair_everything_is_noted_again() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    assert_eq!(left(&sale, user(1)).await, 4);
    let lost = sale.inspect(&[30]).await;
    assert_eq!(sale.pool.repair(sale.event, &lost).await.unwrap(), 1);
    must_be_noted(&sale, user(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_time_without_a_limit_everything_is_noted_again() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    sale.sell(Terms { version: 3, ..Terms::default() }).await;
    let bought = buy(&sale, user(1), 1, 6).await;
    sale.sell(Terms { version: 4, max_per_buyer: Some(4), ..Terms::default() }).await;
    must_be_noted(&sale, user(1)).await;
    note(&sale, user(1), &bought).await;
    assert_eq!(left(&sale, user(1)).await, 0);
}

/// Of somebody with very many tickets only the latest are noted, and these may be cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_more_than_are_noted_is_noted_again_after_a_cancel() {
    let sale = Sale::with(300, 1..=200).await;
    sale.sell(Terms { version: 2, max_per_buyer: Some(4), ..Terms::default() }).await;
    let latest: Vec<u32> = (73..=200).collect();
    note(&sale, user(9), &latest).await;
    assert_eq!(sale.claim_sold(attempt(1), &latest).await, latest);
    sale.pool.settle(sale.event, attempt(1), &settled(latest, false), None).await.unwrap();
    must_be_noted(&sale, user(9)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_settles_is_found_when_its_hold_is_forgotten() {
    let sale = sale().await;
    note(&sale, user(1), &[]).await;
    let held = sale.hold(user(1), 3).await;
    assert_eq!(sale.claim(user(1), attempt(1), &held).await, Claimed::All);
    let _: u32 = sale.raw(&format!("DEL E:of:{}", user(1))).await;
    note(&sale, user(1), &[]).await;
    assert_eq!(left(&sale, user(1)).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_limit_nothing_is_noted() {
    let sale = Sale::with(30, []).await;
    buy(&sale, user(1), 1, 4).await;
    let names = sale.key_names().await;
    assert!(!names.iter().any(|name| name.starts_with("buyer:")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn older_terms_than_those_that_are_known_change_nothing() {
    let sale = sale().await;
    sale.sell(Terms { version: 1, paused: true, ..Terms::default() }).await;
    must_be_noted(&sale, user(1)).await;
    sale.sell(Terms { version: 3, paused: true, ..Terms::default() }).await;
    assert_eq!(sale.reserve(user(1), 1).await, Reserved::Closed);
    sale.sell(Terms { version: 2, ..Terms::default() }).await;
    assert_eq!(sale.reserve(user(1), 1).await, Reserved::Closed);
    sale.sell(Terms { version: 4, ..Terms::default() }).await;
    assert_eq!(numbers(&sale.pool.held(sale.event).await.unwrap()), Vec::<u32>::new());
    sale.hold(user(1), 1).await;
}
