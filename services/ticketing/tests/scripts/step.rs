//! A random step: chosen by what the seats are like, taken on Valkey and in the model, and compared.

use booked_ids::UserId;
use booked_ticketing::{
    domain::{
        count::SeatsWanted,
        seat::{AttemptId, SeatState},
    },
    ports::{
        Claimed, Claims as _, EventRecord, Holds as _, Inventory as _, LeaseNonce, OverdueClaim, Released,
        Reserved, Settlement,
    },
};
use uuid::Uuid;

use crate::{
    model::{Ended, Map, Model},
    sale::{Kept, Sale, numbers, seat, seats},
};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Reserve {
        user: UserId,
        count: u16,
    },
    Claim {
        user: UserId,
        attempt: AttemptId,
        seats: Vec<u32>,
    },
    Finish {
        attempt: AttemptId,
        seats: Vec<u32>,
    },
    RestoreHold {
        attempt: AttemptId,
        seats: Vec<u32>,
    },
    Release {
        user: UserId,
        seats: Vec<u32>,
    },
    ClaimSold {
        attempt: AttemptId,
        canceller: Option<UserId>,
        seats: Vec<u32>,
    },
    Settle {
        attempt: AttemptId,
        seats: Vec<(u32, bool)>,
    },
    ExpireHolds {
        limit: u32,
    },
    Grow {
        capacity: u32,
    },
    Repair {
        as_read: Vec<SeatState>,
    },
    /// A load; `is_late`: its lease has run out before it publishes.
    Publish {
        nonce: u128,
        capacity: u32,
        sold: Vec<u32>,
        is_late: bool,
    },
    /// Of an inventory whose own figures were changed by hand, or were right.
    Recount {
        is_damaged: bool,
    },
    LoseInventory,
    /// Time passes for one hold, claimed or not.
    HoldPasses {
        seat: u32,
        unix_ms: i64,
        is_pair_gone: bool,
    },
    ClaimPasses {
        seat: u32,
    },
}

impl Step {
    pub(crate) async fn take(self, sale: &Sale, model: &mut Model) {
        match self {
            Self::Reserve { user, count } => reserve(sale, model, user, count).await,
            Self::Claim { user, attempt, seats: wanted } => {
                let answer =
                    sale.pool.claim(sale.event, user, attempt, &seats(wanted.clone())).await.unwrap();
                assert_eq!(ended_claim(&answer), model.claim(user, attempt, &wanted));
                if let Claimed::Refused(states) = answer {
                    assert_watermark(&states.seats, &wanted, model);
                }
            }
            Self::Finish { attempt, seats: wanted } => {
                sale.pool.finish(sale.event, attempt, None, &seats(wanted.clone())).await.unwrap();
                model.finish(attempt, &wanted);
            }
            Self::RestoreHold { attempt, seats: wanted } => {
                sale.pool.restore_hold(sale.event, attempt, &seats(wanted.clone())).await.unwrap();
                model.restore_hold(attempt, &wanted);
            }
            Self::Release { user, seats: wanted } => {
                let answer =
                    sale.pool.release(sale.event, user, &seats(wanted.clone()), None).await.unwrap().what;
                assert_eq!(ended_release(&answer), model.release(user, &wanted));
                if let Released::Unheld(states) = answer {
                    assert_watermark(&states.seats, &wanted, model);
                }
            }
            Self::ClaimSold { attempt, canceller, seats: wanted } => {
                let asked = seats(wanted.clone());
                let claimed = sale.pool.claim_sold(sale.event, attempt, canceller, &asked).await.unwrap();
                assert_eq!(numbers(&claimed), model.claim_sold(attempt, canceller, &wanted));
            }
            Self::Settle { attempt, seats: wanted } => {
                let settlements: Vec<Settlement> = wanted
                    .iter()
                    .map(|(number, sold)| Settlement { seat: seat(*number), sold: *sold })
                    .collect();
                sale.pool.settle(sale.event, attempt, &settlements, None).await.unwrap();
                model.settle(attempt, &wanted);
            }
            Self::ExpireHolds { limit } => {
                let expired = sale.pool.expire_holds(sale.event, limit).await.unwrap();
                assert_eq!((expired.ended, expired.left), model.expire_holds(limit));
            }
            Self::Grow { capacity } => {
                sale.follow(capacity).await;
                model.grow(capacity);
            }
            Self::Repair { as_read } => {
                let repaired = sale.pool.repair(sale.event, &as_read).await.unwrap();
                let as_read: Vec<_> = as_read
                    .iter()
                    .map(|it| (it.seat.get(), it.hold.map(|hold| (hold.user, hold.expires_unix_ms))))
                    .collect();
                assert_eq!(repaired, model.repair(&as_read));
            }
            Self::Publish { nonce, capacity, sold, is_late } => {
                publish(sale, model, nonce, capacity, sold, is_late).await;
            }
            Self::Recount { is_damaged } => {
                let is_damaged = is_damaged && model.map.is_some();
                if is_damaged {
                    let _: i64 = sale.raw("HINCRBY E:meta taken 3").await;
                    let _: u32 = sale.raw("HSET E:meta hint 1000").await;
                }
                assert_eq!(sale.pool.recount(sale.event).await.unwrap(), is_damaged);
            }
            Self::LoseInventory => {
                let _: u32 = sale.raw("DEL E:taken").await;
                model.map = None;
            }
            Self::HoldPasses { seat, unix_ms, is_pair_gone } => {
                pass_hold(sale, model, seat, unix_ms, is_pair_gone).await;
            }
            Self::ClaimPasses { seat } => {
                sale.make_overdue(seat).await;
                model.map.as_mut().unwrap().claims.get_mut(&seat).unwrap().is_overdue = true;
            }
        }
    }
}

async fn reserve(sale: &Sale, model: &mut Model, user: UserId, count: u16) {
    let wanted = SeatsWanted::new(count.into()).unwrap();
    let may_hold = model.may_hold(user, count);
    let reserved = sale.pool.reserve(sale.event, user, wanted, None).await.unwrap().what;
    assert_eq!(!matches!(reserved, Reserved::TooManyHeld { .. }), may_hold);
    match reserved {
        Reserved::TooManyHeld { .. } => {}
        Reserved::Held { seats, expires_unix_ms } => {
            let expected = model.reserve(user, count, expires_unix_ms);
            assert_eq!(Ended::Done(numbers(&seats)), expected);
        }
        Reserved::TooFew => assert_eq!(model.reserve(user, count, i64::MAX), Ended::Refused),
        Reserved::NotLoaded => assert_eq!(model.reserve(user, count, i64::MAX), Ended::NotLoaded),
        other => panic!("the event sells without terms: {other:?}"),
    }
}

async fn publish(sale: &Sale, model: &mut Model, nonce: u128, capacity: u32, sold: Vec<u32>, is_late: bool) {
    let nonce = LeaseNonce(Uuid::from_u128(nonce));
    assert!(sale.pool.acquire_load(sale.event, nonce).await.unwrap());
    if is_late {
        let _: u32 = sale.raw("DEL E:load").await;
    }
    let is_published =
        sale.pool.publish(EventRecord::new(sale.event, capacity), nonce, &seats(sold.clone())).await.unwrap();
    assert_eq!(is_published, !is_late && model.map.is_none());
    if is_published {
        model.map = Some(Map::of(capacity, sold));
    }
}

async fn pass_hold(sale: &Sale, model: &mut Model, number: u32, unix_ms: i64, is_pair_gone: bool) {
    let map = model.map.as_mut().unwrap();
    let claimer = map.claims.get(&number).and_then(|claim| claim.hold).map(|(user, _)| user);
    if let Some(user) = claimer.or(model.pairs.get(&number).copied()) {
        let _: u32 = sale.raw(&format!("ZADD E:of:{user} XX {unix_ms} {number}")).await;
        if let Some(end) = model.held_lately.entry(user).or_default().get_mut(&number) {
            *end = unix_ms;
        }
    }
    if let Some(claim) = map.claims.get_mut(&number) {
        let (user, _) = claim.hold.expect("a booking's claim");
        claim.hold = Some((user, unix_ms));
        let text = format!("{}|book|{user}|{unix_ms}", claim.attempt.0);
        let _: u32 = sale.raw(&format!("HSET E:claims {number} {text}")).await;
        if is_pair_gone {
            let _: u32 = sale.raw(&format!("DEL E:{}", sale.event.ticket(seat(number)))).await;
        }
    } else {
        sale.move_hold(number, unix_ms, is_pair_gone).await;
        map.holds.insert(number, unix_ms);
    }
    if is_pair_gone {
        model.pairs.remove(&number);
    }
}

fn ended_claim(answer: &Claimed) -> Ended<()> {
    match answer {
        Claimed::All => Ended::Done(()),
        Claimed::Refused(_) => Ended::Refused,
        Claimed::NotLoaded => Ended::NotLoaded,
    }
}

fn ended_release(answer: &Released) -> Ended<()> {
    match answer {
        Released::All => Ended::Done(()),
        Released::Unheld(_) => Ended::Refused,
        Released::NotLoaded => Ended::NotLoaded,
        Released::Refused(_) | Released::OtherRequest => panic!("{answer:?} without a key"),
    }
}

/// What a script says of seats is what the model says.
fn assert_watermark(states: &[SeatState], asked: &[u32], model: &Model) {
    let map = model.map.as_ref().unwrap();
    assert_eq!(states.iter().map(|state| state.seat.get()).collect::<Vec<_>>(), asked);
    for state in states {
        let number = state.seat.get();
        assert_eq!(state.taken, map.bits.contains(&number), "the bit of seat {number}");
        let hold = state.hold.map(|hold| (hold.user, hold.expires_unix_ms));
        let expected = map.holds.get(&number).map(|expiry| (model.pairs.get(&number).copied(), *expiry));
        assert_eq!(hold, expected, "the hold of seat {number}");
        let claim = state.claim.as_ref().map(|claim| (claim.attempt, claim.kind, claim.user));
        let expected = map.claims.get(&number).map(|it| (it.attempt, it.kind, it.user()));
        assert_eq!(claim, expected, "the claim of seat {number}");
    }
}

/// What ended on its own ends when it was to, and what its user ended, since the test began.
fn assert_held_lately(kept: &Kept, model: &Model) {
    let expected: Vec<_> = model.held_lately.iter().filter(|(_, held)| !held.is_empty()).collect();
    assert_eq!(kept.held_lately.len(), expected.len(), "users who held seats lately");
    for (user, expected) in expected {
        let held = &kept.held_lately[user];
        assert!(held.keys().eq(expected.keys()), "{user} held {held:?} lately, not {expected:?}");
        for (seat, end) in expected {
            let is_now = *end == model.began_unix_ms && held[seat] >= *end;
            assert!(is_now || held[seat] == *end, "{user}'s seat {seat} ends at {}, not {end}", held[seat]);
        }
    }
}

/// After a step everything that Valkey keeps, and everything that it says without changing anything, is as in the model.
pub(crate) async fn assert_same(sale: &Sale, model: &Model) -> Kept {
    let kept = sale.kept().await;
    kept.assert_whole();
    assert_eq!(kept.pairs, model.pairs);
    assert_held_lately(&kept, model);
    assert_eq!(sale.occupied().await, model.occupied());
    let Some(map) = &model.map else {
        assert_eq!(kept.bits, None, "something made a map");
        return kept;
    };
    assert_eq!(kept.bits.as_ref(), Some(&map.bits));
    assert_eq!(kept.holds, map.holds);
    let claims = map.claims.iter().map(|(number, it)| {
        let kind = format!("{:?}", it.kind).to_lowercase();
        let user = it.user().map(|user| user.to_string()).unwrap_or_default();
        let hold = format!("{user}|{}", it.hold.map(|(_, expiry)| expiry.to_string()).unwrap_or_default());
        (*number, format!("{}|{kind}|{hold}", it.attempt.0))
    });
    assert_eq!(kept.claims, claims.collect());
    let sale_state = sale.pool.sale_state(sale.event).await.unwrap().unwrap();
    let free_now = i64::from(map.capacity) - i64::try_from(map.bits.len()).unwrap();
    assert_eq!((sale_state.freed, sale_state.free_now), (map.freed, free_now));
    let overdue = sale.pool.overdue(sale.event, 1000).await.unwrap();
    let overdue = overdue.iter().map(|OverdueClaim { seat, claim }| (seat.get(), claim.attempt));
    let expected = map.claims.iter().filter(|(_, it)| it.is_overdue).map(|(seat, it)| (*seat, it.attempt));
    assert_eq!(overdue.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    kept
}
