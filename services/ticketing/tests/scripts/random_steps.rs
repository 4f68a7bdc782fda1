//! Thousands of random steps by several users, early and late, on Valkey and beside it in a plain model; after each of
//! them everything that Valkey keeps is compared.

use std::{collections::VecDeque, time::Duration};

use booked_ids::UserId;
use booked_ticketing::{
    domain::seat::AttemptId,
    ports::{Holds as _, Inventory as _},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IteratorRandom as _};

use crate::{
    model::Model,
    sale::{Sale, attempt, seats, user},
    step::{Step, assert_same},
};

const SEED_SETTING: &str = "BOOKED_TEST_SEED";
const STEPS: u32 = 4_000;
/// An event is deleted and another one takes its place about that often.
const STEPS_AN_EVENT: u32 = 400;
const USERS: u128 = 3;
const FIRST_CAPACITY: u32 = 21;
/// Attempts that may still be finished, given back or settled late.
const ATTEMPTS: usize = 8;
const LAST_STEPS: usize = 12;
/// Seats that a user may hold, and how long a hold counts after its end; in the steps a hold passes far longer ago.
const HELD_MAX: u32 = 12;
const COOLDOWN: Duration = Duration::from_secs(500);

struct Chooser {
    random: StdRng,
    attempts: VecDeque<(AttemptId, Vec<u32>)>,
    named: u128,
    /// Of the event, also while its inventory is lost: it never falls.
    capacity: u32,
    /// Looks that a repair may go by, late.
    looks: VecDeque<Vec<booked_ticketing::domain::seat::SeatState>>,
}

impl Chooser {
    fn new_name(&mut self) -> u128 {
        self.named += 1;
        self.named
    }

    fn user(&mut self) -> UserId {
        user(self.random.random_range(1..=USERS))
    }

    fn sometimes(&mut self, chance: f64) -> bool {
        self.random.random_bool(chance)
    }

    /// Some seats, distinct and rising, that may be beyond the capacity.
    fn any_seats(&mut self, capacity: u32) -> Vec<u32> {
        let count = self.random.random_range(1..=6);
        let mut seats = (1..=capacity + 2).choose_multiple(&mut self.random, count);
        seats.sort_unstable();
        seats
    }

    /// Seats that the user holds, as far as there are any; now and then others too.
    fn held_seats(&mut self, model: &Model, user: UserId) -> Vec<u32> {
        let Some(map) = &model.map else { return self.any_seats(self.capacity) };
        let is_good = |(seat, expiry): (&u32, &i64)| {
            (!model.has_passed(*expiry) && model.pairs.get(seat) == Some(&user)).then_some(*seat)
        };
        let held: Vec<u32> = map.holds.iter().filter_map(is_good).collect();
        if held.is_empty() || self.sometimes(0.15) {
            return self.any_seats(map.capacity);
        }
        let count = self.random.random_range(1..=held.len().min(4));
        let mut seats = held.into_iter().choose_multiple(&mut self.random, count);
        seats.sort_unstable();
        seats
    }

    /// Seats that look sold, as far as there are any; now and then others too.
    fn sold_seats(&mut self, model: &Model) -> Vec<u32> {
        let Some(map) = &model.map else { return self.any_seats(self.capacity) };
        let sold: Vec<u32> = map.bits.iter().filter(|seat| map.looks_sold(**seat)).copied().collect();
        if sold.is_empty() || self.sometimes(0.3) {
            return self.any_seats(map.capacity);
        }
        let mut seats = sold.into_iter().choose_multiple(&mut self.random, 3);
        seats.sort_unstable();
        seats
    }

    fn new_attempt(&mut self, seats: &[u32]) -> AttemptId {
        let attempt = attempt(self.new_name());
        self.attempts.push_back((attempt, seats.to_vec()));
        if self.attempts.len() > ATTEMPTS {
            self.attempts.pop_front();
        }
        attempt
    }

    /// One of the last attempts, perhaps settled long ago, with its seats or with others.
    fn old_attempt(&mut self, capacity: u32) -> (AttemptId, Vec<u32>) {
        let Some((attempt, seats)) = self.attempts.iter().choose(&mut self.random).cloned() else {
            return (attempt(0), self.any_seats(capacity));
        };
        if self.sometimes(0.2) { (attempt, self.any_seats(capacity)) } else { (attempt, seats) }
    }

    async fn next(&mut self, sale: &Sale, model: &Model, number: u32) -> Step {
        let capacity = model.map.as_ref().map_or(self.capacity, |map| map.capacity);
        self.capacity = capacity;
        match self.random.random_range(0..100) {
            0..22 => Step::Reserve { user: self.user(), count: self.random.random_range(1..=5) },
            22..38 => {
                let user = self.user();
                let seats = self.held_seats(model, user);
                Step::Claim { user, attempt: self.new_attempt(&seats), seats }
            }
            38..49 => {
                let (attempt, seats) = self.old_attempt(capacity);
                Step::Finish { attempt, seats }
            }
            49..57 => {
                let (attempt, seats) = self.old_attempt(capacity);
                Step::RestoreHold { attempt, seats }
            }
            57..62 => {
                let user = self.user();
                Step::Release { user, seats: self.held_seats(model, user) }
            }
            62..69 => {
                let seats = self.sold_seats(model);
                let canceller = self.sometimes(0.5).then(|| user(1));
                Step::ClaimSold { attempt: self.new_attempt(&seats), canceller, seats }
            }
            69..77 => {
                let (attempt, seats) = self.old_attempt(capacity);
                let seats = seats.into_iter().map(|seat| (seat, self.sometimes(0.4))).collect();
                Step::Settle { attempt, seats }
            }
            77..80 => Step::ExpireHolds { limit: self.random.random_range(1..=4) },
            80..82 => {
                let to = if self.sometimes(0.3) { capacity / 2 } else { capacity + 1 };
                Step::Grow { capacity: to + self.random.random_range(0..9) }
            }
            82..83 => Step::Recount { is_damaged: self.sometimes(0.5) },
            83..86 => self.repair(sale, model, capacity).await,
            86..89 => self.publish(model, capacity),
            89..90 => Step::LoseInventory,
            90..97 => self.pass_a_hold(model, number),
            _ => self.pass_a_claim(model),
        }
    }

    /// By a look of now, or by one of long ago.
    async fn repair(&mut self, sale: &Sale, model: &Model, capacity: u32) -> Step {
        if model.map.is_some() {
            let looked_at = self.any_seats(capacity);
            let states = sale.pool.inspect(sale.event, &seats(looked_at)).await.unwrap().unwrap().seats;
            let lost = states.into_iter().filter(|it| it.claim.is_none() && !it.looks_sold());
            self.looks.push_back(lost.filter(|it| it.seat.get() <= capacity).collect());
            if self.looks.len() > 4 {
                self.looks.pop_front();
            }
        }
        Step::Repair { as_read: self.looks.iter().choose(&mut self.random).cloned().unwrap_or_default() }
    }

    fn publish(&mut self, model: &Model, capacity: u32) -> Step {
        let sold: Vec<u32> = match &model.map {
            Some(map) => map.bits.iter().copied().collect(),
            None => (1..=capacity).filter(|_| self.random.random_bool(0.4)).collect(),
        };
        Step::Publish { nonce: self.new_name(), capacity, sold, is_late: self.sometimes(0.2) }
    }

    fn pass_a_hold(&mut self, model: &Model, number: u32) -> Step {
        let Some(map) = &model.map else { return Step::ExpireHolds { limit: 3 } };
        let claimed = map.claims.iter().filter_map(|(seat, claim)| claim.hold.map(|_| *seat));
        let Some(seat) = map.holds.keys().copied().chain(claimed).choose(&mut self.random) else {
            return Step::ExpireHolds { limit: 3 };
        };
        let unix_ms = model.began_unix_ms - 1_000_000 + i64::from(number);
        Step::HoldPasses { seat, unix_ms, is_pair_gone: self.sometimes(0.5) }
    }

    fn pass_a_claim(&mut self, model: &Model) -> Step {
        let fresh = model.map.iter().flat_map(|map| &map.claims).filter(|(_, claim)| !claim.is_overdue);
        match fresh.map(|(seat, _)| *seat).choose(&mut self.random) {
            Some(seat) => Step::ClaimPasses { seat },
            None => Step::ExpireHolds { limit: 3 },
        }
    }
}

fn seed() -> u64 {
    match std::env::var(SEED_SETTING) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => rand::random(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_in_whatever_order_valkey_keeps_what_the_model_says() {
    let seed = seed();
    println!("again with {SEED_SETTING}={seed}");
    let mut chooser = Chooser {
        random: StdRng::seed_from_u64(seed),
        attempts: VecDeque::new(),
        named: 0,
        capacity: FIRST_CAPACITY,
        looks: VecDeque::new(),
    };
    let mut last = VecDeque::new();
    let mut number = 0;
    while number < STEPS {
        let sale = Sale::not_loaded().await.limited(HELD_MAX, COOLDOWN);
        let (seconds, _): (i64, i64) = sale.raw("TIME").await;
        let mut model = Model {
            held_max: usize::try_from(HELD_MAX).unwrap(),
            cooldown_ms: i64::try_from(COOLDOWN.as_millis()).unwrap(),
            began_unix_ms: seconds * 1000,
            ..Model::default()
        };
        let mut freed = None;
        for _ in 0..STEPS_AN_EVENT {
            number += 1;
            let step = chooser.next(&sale, &model, number).await;
            last.push_back(format!("{number}: {step:?}"));
            if last.len() > LAST_STEPS {
                last.pop_front();
            }
            let shown = Shown(&last);
            step.take(&sale, &mut model).await;
            let kept = assert_same(&sale, &model).await;
            let now = kept.freed();
            if let (Some((epoch, before)), Some((still, after))) = (&freed, &now) {
                assert!(epoch != still || before <= after, "freed fell from {before} to {after}");
            }
            freed = now;
            drop(shown);
        }
        sale.pool.drop_event(sale.event).await.unwrap();
        assert_eq!(
            sale.key_names().await.iter().filter(|name| !ends_by_itself(name)).collect::<Vec<_>>(),
            ["load"]
        );
        chooser.looks.clear();
        chooser.capacity = FIRST_CAPACITY;
    }
}

/// Pairs go with their time, and what a user held goes with it.
fn ends_by_itself(name: &str) -> bool {
    name.len() == 36 || name.starts_with("of:")
}

/// Tells the last steps where the test fails.
struct Shown<'a>(&'a VecDeque<String>);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.iter().for_each(|step| println!("{step}"));
        }
    }
}
