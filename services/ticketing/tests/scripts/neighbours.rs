//! Which seats a reservation gets: neighbours where a bounded search finds them, else the lowest free ones, and never one
//! that the event does not have.

use booked_ticketing::ports::{Holds as _, Inventory as _, Reserved};

use crate::sale::{Sale, numbers, seats, user};

/// Only these seats are free.
async fn with_free(capacity: u32, free: &[u32]) -> Sale {
    Sale::with(capacity, (1..=capacity).filter(|seat| !free.contains(seat))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_house_is_filled_from_the_first_seat_on() {
    let sale = Sale::with(10, []).await;
    assert_eq!(sale.hold(user(1), 3).await, [1, 2, 3]);
    assert_eq!(sale.hold(user(2), 4).await, [4, 5, 6, 7]);
    assert_eq!(sale.hold(user(1), 3).await, [8, 9, 10]);
    assert_eq!(sale.reserve(user(1), 1).await, Reserved::TooFew);
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_preferred_to_the_lowest_seats() {
    let sale = with_free(30, &[2, 4, 9, 10, 20, 21, 22]).await;
    assert_eq!(sale.hold(user(1), 3).await, [20, 21, 22]);
    assert_eq!(sale.hold(user(1), 2).await, [9, 10]);
    assert_eq!(sale.hold(user(1), 2).await, [2, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_for_neighbours_is_bounded() {
    // One in each window of 512 seats, which begins with the byte of the seat.
    let near = with_free(3_000, &[9, 1_201, 1_711, 1_712]).await;
    assert_eq!(near.hold(user(1), 2).await, [1_711, 1_712], "the last of the second window");
    let far = with_free(3_000, &[9, 1_201, 1_712, 1_713]).await;
    assert_eq!(far.hold(user(1), 2).await, [9, 1_201], "half in the second window");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_for_neighbours_gives_up_where_many_seats_stand_alone() {
    let alone: Vec<u32> = (0..65).map(|at| 2 * at + 1).collect();
    let pair = [201, 202];
    let few = with_free(1_000, &[&alone[1..], &pair].concat()).await;
    assert_eq!(few.hold(user(1), 2).await, pair, "behind 64");
    let many = with_free(1_000, &[&alone[..], &pair].concat()).await;
    assert_eq!(many.hold(user(1), 2).await, [1, 3], "behind 65");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_on_both_sides_of_a_boundary_are_found() {
    for boundary in [8, 16, 512] {
        let after = [boundary - 1, boundary, boundary + 1, boundary + 2];
        let sale = with_free(2_000, &[&[1], &after[..], &[900]].concat()).await;
        assert_eq!(sale.hold(user(1), 4).await, after, "at {boundary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_with_others_between_them_are_no_neighbours() {
    // Apart within a byte, by the first seat of the next one, by a whole one, and at the end of a window.
    for apart in [[1, 3, 4, 10], [7, 8, 10, 20], [8, 17, 18, 30], [1, 512, 521, 522], [1, 504, 513, 514]] {
        let sale = with_free(2_000, &apart).await;
        assert_eq!(sale.hold(user(1), 3).await, apart[..3], "{apart:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scattered_seats_are_granted_from_the_lowest_on_within_the_window_and_beyond() {
    let free = [2, 17, 250, 600, 601, 990];
    let sale = with_free(1_000, &free).await;
    assert_eq!(sale.hold(user(1), 5).await, free[..5]);
    sale.kept().await.assert_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_come_free_again_are_found_however_low() {
    let sale = Sale::with(1_000, []).await;
    for _ in 0..10 {
        sale.hold(user(1), 100).await;
    }
    sale.pool.release(sale.event, user(1), &seats([3, 4, 700]), None).await.unwrap();
    assert_eq!(sale.hold(user(2), 1).await, [3]);
    assert_eq!(sale.hold(user(2), 2).await, [4, 700]);
    assert_eq!(sale.reserve(user(2), 1).await, Reserved::TooFew);
    sale.kept().await.assert_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn bits_beyond_the_capacity_are_never_granted() {
    for capacity in [1, 7, 8, 9, 15, 16, 17, 64, 65] {
        let sale = Sale::with(capacity, []).await;
        let asked = i64::from(capacity) + 1;
        assert_eq!(sale.reserve(user(1), asked).await, Reserved::TooFew, "{asked} of {capacity}");
        assert_eq!(sale.hold(user(1), capacity.into()).await.last(), Some(&capacity));
        assert_eq!(sale.reserve(user(1), 1).await, Reserved::TooFew, "one more than {capacity}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grown_event_has_its_new_seats_and_no_more() {
    for (before, after) in [(7, 8), (8, 9), (8, 16), (1, 100), (15, 17)] {
        let sale = Sale::with(before, 1..=before).await;
        assert_eq!(sale.reserve(user(1), 1).await, Reserved::TooFew);
        sale.follow(after).await;
        sale.follow(before).await;
        let new = i64::from(after - before);
        let state = sale.pool.sale_state(sale.event).await.unwrap().unwrap();
        assert_eq!((state.freed, state.free_now), (new, new), "from {before} to {after}");
        assert_eq!(sale.hold(user(1), new).await, (before + 1..=after).collect::<Vec<_>>());
        assert_eq!(sale.reserve(user(1), 1).await, Reserved::TooFew);
        sale.kept().await.assert_whole();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_seats_of_a_million_are_found() {
    const MILLION: u32 = 1_000_000;
    let free = [400_001, 999_998, 999_999, MILLION];
    let sale = with_free(MILLION, &free).await;
    assert_eq!(sale.occupied().await, Some(MILLION - 4));
    assert_eq!(sale.hold(user(1), 2).await, [999_998, 999_999]);
    assert_eq!(sale.reserve(user(1), 3).await, Reserved::TooFew);
    assert_eq!(sale.hold(user(1), 2).await, [400_001, MILLION]);
    assert_eq!(sale.reserve(user(1), 1).await, Reserved::TooFew);
    assert_eq!(sale.occupied().await, Some(MILLION));
    sale.follow(MILLION).await;
    let last = sale.pool.taken(sale.event, crate::sale::seat(999_997), 100).await.unwrap().unwrap();
    assert_eq!(numbers(&last), [999_997, 999_998, 999_999, MILLION]);
}
