//! No script but publishing makes an inventory: on an event without one every other script changes nothing and says so.

use booked_ticketing::{
    domain::seat::{Hold, SeatState},
    ports::{Claimed, Claims as _, EventRecord, Holds as _, Inventory as _, LeaseNonce, Released, Reserved},
};
use uuid::Uuid;

use crate::sale::{Sale, attempt, seat, seats, settled, user};

#[tokio::test(flavor = "multi_thread")]
async fn no_other_script_makes_a_key() {
    let sale = Sale::not_loaded().await;
    let (pool, event) = (&sale.pool, sale.event);

    assert_eq!(sale.reserve(user(1), 1).await, Reserved::NotLoaded);
    assert_eq!(sale.claim(user(1), attempt(1), &[1]).await, Claimed::NotLoaded);
    assert_eq!(pool.inspect(event, &seats([1])).await.unwrap(), None);
    assert_eq!(pool.held_by(event, user(1)).await.unwrap(), []);
    pool.finish(event, attempt(1), None, &seats([1])).await.unwrap();
    pool.restore_hold(event, attempt(1), &seats([1])).await.unwrap();
    assert_eq!(pool.release(event, user(1), &seats([1]), None).await.unwrap().what, Released::NotLoaded);
    for canceller in [Some(user(1)), None] {
        assert_eq!(pool.claim_sold(event, attempt(1), canceller, &seats([1])).await.unwrap(), []);
    }
    pool.settle(event, attempt(1), &settled([1], true), None).await.unwrap();
    pool.settle(event, attempt(1), &settled([1], false), None).await.unwrap();
    assert_eq!(sale.occupied().await, None);
    assert_eq!(pool.sale_state(event).await.unwrap(), None);
    assert_eq!(pool.expire_holds(event, 9).await.unwrap(), booked_ticketing::ports::Expired::default());
    assert!(pool.overdue(event, 9).await.unwrap().is_empty());
    sale.follow(100).await;
    let held = Hold { user: Some(user(1)), expires_unix_ms: 1 };
    for hold in [None, Some(held)] {
        let as_read = SeatState { seat: seat(1), taken: hold.is_some(), hold, claim: None };
        assert_eq!(pool.repair(event, &[as_read]).await.unwrap(), 0);
    }
    assert!(!pool.recount(event).await.unwrap());
    assert_eq!(pool.taken(event, seat(1), 8).await.unwrap(), None);
    assert_eq!(pool.held(event).await.unwrap(), []);
    assert!(
        !pool.publish(EventRecord::new(event, 8), LeaseNonce(Uuid::from_u128(1)), &[]).await.unwrap(),
        "without a lease"
    );

    assert_eq!(sale.key_names().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_and_claims_that_outlived_their_inventory_are_nobodys() {
    let sale = Sale::with(8, []).await;
    let held = sale.hold(user(1), 2).await;
    let claimed = sale.hold(user(1), 2).await;
    assert_eq!(sale.claim(user(1), attempt(1), &claimed).await, Claimed::All);
    let _: u32 = sale.raw("DEL E:taken").await;
    let before = sale.kept().await;

    assert_eq!(sale.claim(user(1), attempt(2), &held).await, Claimed::NotLoaded);
    sale.pool.finish(sale.event, attempt(1), None, &seats(claimed.clone())).await.unwrap();
    sale.pool.restore_hold(sale.event, attempt(1), &seats(claimed.clone())).await.unwrap();
    sale.pool.settle(sale.event, attempt(1), &settled(claimed.clone(), false), None).await.unwrap();
    assert_eq!(sale.kept().await, before);

    assert_eq!(sale.pool.held_by(sale.event, user(1)).await.unwrap(), []);
    sale.publish(8, [claimed[0]]).await;
    assert_eq!(sale.pool.held_by(sale.event, user(1)).await.unwrap(), []);
    let kept = sale.kept().await;
    kept.assert_whole();
    assert_eq!((kept.holds.len(), kept.claims.len()), (0, 0));
    assert_eq!(kept.bits.unwrap().into_iter().collect::<Vec<_>>(), [claimed[0]]);
}
