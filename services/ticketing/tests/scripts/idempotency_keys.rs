//! What is kept of the answers to requests with a key, and how much room one user can take up by that.

use std::time::Duration;

use booked_idempotency::{Answered, RequestKey};
use booked_ticketing::{
    domain::{booking::Refusal, count::SeatsWanted},
    ports::{Holds as _, Released, Reserved},
};
use uuid::Uuid;

use crate::sale::{Sale, seats, user};

fn key(number: u128) -> Option<RequestKey> {
    Some(RequestKey { user: user(1), id: Uuid::from_u128(number), request: Uuid::from_u128(7) })
}

async fn reserve(sale: &Sale, key: Option<RequestKey>) -> Answered<Reserved> {
    sale.pool.reserve(sale.event, user(1), SeatsWanted::new(1).unwrap(), key).await.unwrap()
}

/// The keys of an event that answers take up, with the ms for which they are kept.
async fn kept(sale: &Sale, name: &str) -> i64 {
    sale.raw(&format!("PTTL E:{name}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_a_day() {
    let sale = Sale::with(5, []).await;
    reserve(&sale, key(1)).await;
    let day = i64::try_from(Duration::from_secs(86_400).as_millis()).unwrap();
    for name in [format!("key:{:032x}", 1), format!("kept:{}", user(1))] {
        let left = kept(&sale, &name).await;
        assert!((day - 600_000..=day).contains(&left), "{name}: {left} ms");
    }
    reserve(&sale, None).await;
    assert_eq!(
        sale.raw::<String>(&format!("GET E:kept:{}", user(1))).await,
        "1",
        "without a key nothing is kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_room_for_another_answer_reserves_without_a_key() {
    let sale = Sale::with(5, []).await;
    let held = reserve(&sale, key(1)).await;
    let Reserved::Held { seats: first, .. } = &held.what else { panic!("{held:?}") };
    let _: String = sale.raw(&format!("SET E:kept:{} 1000 PX 60000", user(1))).await;
    let refused = reserve(&sale, key(2)).await;
    assert!(
        matches!(refused.what, Reserved::TooManyHeld { again_in } if again_in <= Duration::from_secs(60))
    );
    assert!(matches!(reserve(&sale, None).await.what, Reserved::Held { .. }));
    assert!(reserve(&sale, key(1)).await.is_replay, "what is kept is told");

    let release = async |number| sale.pool.release(sale.event, user(1), first, key(number)).await.unwrap();
    assert_eq!(release(3).await, Answered::now(Released::All), "giving back is always possible");
    let again = release(3).await;
    assert!(matches!(again, Answered { what: Released::Unheld(_), is_replay: false }), "{again:?}");
    assert_eq!(sale.occupied().await, Some(1));
}

/// Anybody can make up as many of these events as they like.
#[tokio::test(flavor = "multi_thread")]
async fn of_an_event_without_an_inventory_nothing_is_kept() {
    let sale = Sale::not_loaded().await;
    let key = key(1).unwrap();
    for _ in 0..2 {
        let refused = sale.pool.keep_refusal(sale.event, user(1), Refusal::NotReserved, key).await.unwrap();
        assert_eq!(refused, Answered::now(Released::Refused(Refusal::NotReserved)));
        let released = sale.pool.keep_released(sale.event, user(1), key).await.unwrap();
        assert_eq!(released, Answered::now(Released::All));
    }
    assert_eq!(sale.key_names().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settling_keeps_the_key_with_all_of_the_seats_or_none() {
    use booked_ticketing::ports::{Claims as _, Settlement};
    let sale = Sale::with(5, []).await;
    let held = sale.hold(user(1), 2).await;
    let attempt = booked_ticketing::domain::seat::AttemptId(Uuid::from_u128(9));
    sale.claim(user(1), attempt, &held).await;
    let settle = async |numbers: &[u32], number| {
        let unsold: Vec<Settlement> =
            seats(numbers.to_vec()).into_iter().map(|seat| Settlement { seat, sold: false }).collect();
        sale.pool.settle(sale.event, attempt, &unsold, key(number)).await.unwrap().len()
    };
    assert_eq!(settle(&held[..1], 1).await, 1);
    assert_eq!(settle(&held, 2).await, 1, "one of the two is settled already");
    let answered = async |number| sale.pool.answered(sale.event, key(number).unwrap()).await.unwrap();
    assert_eq!(answered(1).await, Some(Released::All));
    assert_eq!(answered(2).await, None);
}
