//! What each script promises on its own.

use booked_ticketing::{
    domain::seat::{ClaimKind, Hold, SeatState},
    ports::{
        Claimed, Claims as _, EventRecord, Expired, Holds as _, Inventory as _, LeaseNonce, Released,
        Reserved,
    },
};
use uuid::Uuid;

use crate::sale::{HOLD, Sale, attempt, event, seat, seats, settled, user};

/// When everything had passed already.
const LONG_AGO_UNIX_MS: i64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_when_the_answer_says() {
    let sale = Sale::with(4, []).await;
    let (seconds, _): (i64, i64) = sale.raw("TIME").await;
    let Reserved::Held { expires_unix_ms, .. } = sale.reserve(user(1), 2).await else { panic!("too few") };
    let hold_ms = i64::try_from(HOLD.as_millis()).unwrap();
    assert!((hold_ms..hold_ms + 60_000).contains(&(expires_unix_ms - seconds * 1000)));
    for state in sale.inspect(&[1, 2]).await {
        assert_eq!(state.hold, Some(Hold { user: Some(user(1)), expires_unix_ms }));
        let pair = format!("PEXPIRETIME E:{}", sale.event.ticket(state.seat));
        assert_eq!(sale.raw::<i64>(&pair).await, expires_unix_ms, "the pair goes with the hold");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_whose_time_has_passed_is_free_for_others_and_of_no_use_to_its_holder() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 4).await;
    for (number, is_pair_gone) in [(1, false), (2, true)] {
        sale.move_hold(number, LONG_AGO_UNIX_MS + i64::from(number), is_pair_gone).await;
        let Claimed::Refused(states) = sale.claim(user(1), attempt(1), &[number, 4]).await else {
            panic!("seat {number} is held no more")
        };
        assert_eq!(states.seats.len(), 2);
        let released = sale.pool.release(sale.event, user(1), &seats([number]), None).await.unwrap().what;
        assert!(matches!(released, Released::Unheld(_)));
    }
    assert_eq!(sale.occupied().await, Some(2), "an expired hold counts as free");
    assert_eq!(sale.hold(user(2), 2).await, [1, 2]);
    assert_eq!(sale.occupied().await, Some(4));
    sale.kept().await.assert_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn reserving_takes_back_only_as_many_holds_as_it_needs() {
    let sale = Sale::with(6, []).await;
    sale.hold(user(1), 6).await;
    for number in 1..=6 {
        sale.move_hold(number, LONG_AGO_UNIX_MS + i64::from(number), false).await;
    }
    assert_eq!(sale.hold(user(2), 2).await, [1, 2]);
    assert_eq!(sale.kept().await.holds.len(), 6, "two new ones and four that nobody took back");
    let expired = sale.pool.expire_holds(sale.event, 3).await.unwrap();
    assert_eq!(expired, Expired { ended: 3, left: 3 });
    sale.kept().await.assert_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_runs_out_under_a_booking() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 2).await;
    assert_eq!(sale.claim(user(1), attempt(1), &[1, 2]).await, Claimed::All);
    let _: u32 = sale.raw(&format!("DEL E:{}", sale.event.ticket(seat(1)))).await;
    assert_eq!(sale.pool.expire_holds(sale.event, 9).await.unwrap(), Expired { ended: 0, left: 2 });
    assert_eq!(sale.hold(user(2), 2).await, [3, 4]);

    sale.pool.finish(sale.event, attempt(1), None, &seats([1, 2])).await.unwrap();
    let kept = sale.kept().await;
    kept.assert_whole();
    assert_eq!((kept.holds.len(), kept.claims.len()), (2, 0));
    assert!(sale.inspect(&[1, 2]).await.iter().all(SeatState::looks_sold));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_is_held_as_it_was() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 3).await;
    let before = sale.kept().await;
    assert_eq!(sale.claim(user(1), attempt(1), &[1, 2, 3]).await, Claimed::All);
    sale.pool.restore_hold(sale.event, attempt(1), &seats([1, 2, 3])).await.unwrap();
    assert_eq!(sale.kept().await, before);
    let pair = format!("PEXPIRETIME E:{}", sale.event.ticket(seat(1)));
    assert_eq!(sale.raw::<i64>(&pair).await, before.holds[&1], "the pair has its own end again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_touched_by_its_own_attempt_alone() {
    let sale = Sale::with(4, [4]).await;
    sale.hold(user(1), 2).await;
    assert_eq!(sale.claim(user(1), attempt(1), &[1, 2]).await, Claimed::All);
    assert_eq!(sale.claim_sold(attempt(2), &[1, 2, 3, 4]).await, [4], "what looks sold, and no more");
    let before = sale.kept().await;

    for other in [attempt(3), attempt(0)] {
        sale.pool.finish(sale.event, other, None, &seats(1..=4)).await.unwrap();
        sale.pool.restore_hold(sale.event, other, &seats(1..=4)).await.unwrap();
        sale.pool.settle(sale.event, other, &settled(1..=4, false), None).await.unwrap();
    }
    assert!(matches!(sale.claim(user(1), attempt(4), &[1]).await, Claimed::Refused(_)));
    let released = sale.pool.release(sale.event, user(1), &seats([1]), None).await.unwrap().what;
    assert!(matches!(released, Released::Unheld(_)), "a settling seat is nobody's to release");
    assert_eq!(sale.claim_sold(attempt(5), &[1, 2, 3, 4]).await.len(), 0);
    assert_eq!(sale.kept().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_step_counts_once() {
    let sale = Sale::with(4, [4]).await;
    assert_eq!(sale.claim_sold(attempt(1), &[4]).await, [4]);
    for _ in 0..2 {
        sale.pool.settle(sale.event, attempt(1), &settled([4], false), None).await.unwrap();
        let state = sale.pool.sale_state(sale.event).await.unwrap().unwrap();
        assert_eq!((state.freed, state.free_now), (1, 4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn overdue_claims_are_told_with_their_attempt_and_kind() {
    let sale = Sale::with(4, [4]).await;
    sale.hold(user(1), 1).await;
    sale.claim(user(1), attempt(1), &[1]).await;
    sale.pool.claim_sold(sale.event, attempt(2), None, &seats([4])).await.unwrap();
    assert!(sale.pool.overdue(sale.event, 9).await.unwrap().is_empty(), "their time is not over");
    for number in [1, 4] {
        sale.make_overdue(number).await;
    }
    let overdue = sale.pool.overdue(sale.event, 9).await.unwrap();
    let told: Vec<_> =
        overdue.iter().map(|it| (it.seat.get(), it.claim.attempt, it.claim.kind, it.claim.user)).collect();
    assert_eq!(
        told,
        [(1, attempt(1), ClaimKind::Book, Some(user(1))), (4, attempt(2), ClaimKind::Check, None)]
    );
    assert_eq!(sale.pool.overdue(sale.event, 1).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_changes_only_what_is_still_as_it_was_read() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 2).await;
    let as_read = sale.inspect(&[1, 2, 3, 4]).await;
    sale.pool.release(sale.event, user(1), &seats([1]), None).await.unwrap();
    assert_eq!(sale.hold(user(2), 1).await, [1], "another hold of the same seat");
    assert_eq!(sale.hold(user(1), 1).await, [3], "a hold where there was none");

    assert_eq!(sale.pool.repair(sale.event, &as_read).await.unwrap(), 2);
    let kept = sale.kept().await;
    kept.assert_whole();
    assert_eq!(kept.holds.into_keys().collect::<Vec<_>>(), [1, 3]);
    assert!(sale.inspect(&[2, 4]).await.iter().all(SeatState::looks_sold));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_inventory_says_of_itself_is_made_to_agree_with_its_seats() {
    let sale = Sale::with(9, [1, 2]).await;
    assert!(!sale.pool.recount(sale.event).await.unwrap(), "it is right");
    for damage in [
        "HINCRBY E:meta taken 7",
        "HINCRBY E:meta taken -2",
        "HDEL E:meta taken",
        "HSET E:meta hint 8",
        "HDEL E:meta hint",
    ] {
        let _: i64 = sale.raw(damage).await;
        assert!(sale.pool.recount(sale.event).await.unwrap(), "after {damage}");
        assert!(!sale.pool.recount(sale.event).await.unwrap(), "once after {damage}");
        sale.kept().await.assert_whole();
    }
    assert_eq!(sale.hold(user(1), 7).await, [3, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_is_published_once_and_by_the_holder_of_the_lease() {
    let sale = Sale::not_loaded().await;
    let nonce = |number| LeaseNonce(Uuid::from_u128(number));
    assert!(sale.pool.acquire_load(sale.event, nonce(1)).await.unwrap());
    assert!(!sale.pool.acquire_load(sale.event, nonce(2)).await.unwrap(), "somebody has it");
    assert!(sale.raw::<i64>("PTTL E:load").await > 0, "a lease ends by itself");
    assert!(!sale.pool.publish(EventRecord::new(sale.event, 9), nonce(2), &[]).await.unwrap());
    assert!(sale.pool.publish(EventRecord::new(sale.event, 4), nonce(1), &seats([2])).await.unwrap());
    assert!(
        !sale.pool.publish(EventRecord::new(sale.event, 9), nonce(1), &[]).await.unwrap(),
        "the lease is used up"
    );
    assert!(sale.pool.acquire_load(sale.event, nonce(3)).await.unwrap());
    assert!(
        !sale.pool.publish(EventRecord::new(sale.event, 9), nonce(3), &[]).await.unwrap(),
        "there is a map"
    );
    assert!(sale.pool.acquire_load(sale.event, nonce(4)).await.unwrap(), "and the lease was given back");
    assert_eq!(sale.hold(user(1), 3).await, [1, 3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_gone_and_no_load_brings_it_back() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 2).await;
    let nonce = LeaseNonce(Uuid::from_u128(1));
    assert!(sale.pool.acquire_load(sale.event, nonce).await.unwrap());
    sale.pool.drop_event(sale.event).await.unwrap();
    assert!(
        !sale.pool.publish(EventRecord::new(sale.event, 4), nonce, &[]).await.unwrap(),
        "it began before the deletion"
    );
    assert!(!sale.pool.acquire_load(sale.event, LeaseNonce(Uuid::from_u128(2))).await.unwrap());
    assert_eq!(sale.reserve(user(1), 1).await, Reserved::NotLoaded);
    assert_eq!(sale.occupied().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_seats_are_claimed_and_settled_at_once() {
    let sale = Sale::with(1_000, []).await;
    for _ in 0..10 {
        sale.hold(user(1), 100).await;
    }
    let all: Vec<u32> = (1..=1_000).collect();
    assert_eq!(sale.claim(user(1), attempt(1), &all).await, Claimed::All);
    sale.pool.restore_hold(sale.event, attempt(1), &seats(all.clone())).await.unwrap();
    assert_eq!(sale.claim(user(1), attempt(2), &all).await, Claimed::All);
    sale.pool.finish(sale.event, attempt(2), None, &seats(all.clone())).await.unwrap();
    assert_eq!(sale.claim_sold(attempt(3), &all).await, all);
    sale.pool.settle(sale.event, attempt(3), &settled(all.clone(), false), None).await.unwrap();
    assert_eq!(sale.occupied().await, Some(0));
    assert!(matches!(sale.claim(user(1), attempt(4), &all).await, Claimed::Refused(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_in_use_are_told_and_forgotten_when_they_are_idle() {
    let sale = Sale::with(4, []).await;
    sale.hold(user(1), 1).await;
    // Whoever reserves does not wait for it.
    while sale.pool.active_events(9).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(sale.pool.active_events(9).await.unwrap(), [sale.event]);
    sale.pool.forget_if_idle(sale.event).await.unwrap();
    assert_eq!(sale.pool.active_events(9).await.unwrap(), [sale.event], "it was used just now");
    let _: u32 = sale.raw(&format!("ZADD booked:active {LONG_AGO_UNIX_MS} {}", sale.event)).await;
    let _: u32 = sale.raw(&format!("ZADD booked:active {LONG_AGO_UNIX_MS} {}", event(2))).await;
    sale.pool.forget_if_idle(sale.event).await.unwrap();
    assert_eq!(sale.pool.active_events(9).await.unwrap(), [event(2)]);
    assert_eq!(sale.pool.active_events(0).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn valkeys_data_has_a_name_that_stays_while_it_does() {
    let sale = Sale::not_loaded().await;
    let name = sale.pool.incarnation().await.unwrap();
    assert!(!name.is_empty());
    assert_eq!(sale.pool.incarnation().await.unwrap(), name);
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_that_end_at_the_same_time_are_each_finished_by_their_own_attempt() {
    const BOOKINGS: u128 = 64;
    let sale = Sale::with(1_000, []).await;
    let mut claimed = Vec::new();
    for number in 0..BOOKINGS {
        let held = sale.hold(user(number % 3), 1 + i64::try_from(number % 4).unwrap()).await;
        assert_eq!(sale.claim(user(number % 3), attempt(number), &held).await, Claimed::All);
        claimed.push((number, held));
    }
    // Every eighth comes under a name that never claimed the seats.
    let is_others = |number: u128| number.is_multiple_of(8);
    let attempt_of = |number: u128| attempt(if is_others(number) { number + BOOKINGS } else { number });
    let finish = async |(number, held): &(u128, Vec<u32>)| {
        let seats = seats(held.clone());
        sale.pool.finish(sale.event, attempt_of(*number), Some(user(number % 3)), &seats).await.unwrap()
    };
    let finished = futures_util::future::join_all(claimed.iter().map(finish)).await;
    for ((number, held), finished) in claimed.iter().zip(finished) {
        let expected = if is_others(*number) { 0 } else { u32::try_from(held.len()).unwrap() };
        assert_eq!(finished, expected, "booking {number}");
    }
    let kept = sale.kept().await;
    kept.assert_whole();
    let others = claimed.iter().filter(|(number, _)| is_others(*number)).map(|(_, held)| held.len());
    assert_eq!(kept.claims.len(), others.sum::<usize>(), "claims of others are left");
}
