//! Buyers that do what buyers do, and some of what they should not: abandon, come late, send twice, change their minds. What they
//! want to be done once although its answer may be lost has an idempotency key.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_checker::history::{Call, Op, Outcome, Response};
use booked_load::client::{Gateway, KeyedCall, Repeats, Session};
use booked_local_system::System;
use futures_util::future::join;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tokio::{sync::watch, time::sleep};
use uuid::Uuid;

use super::ChaosOptions;

/// So few that buyers compete for them, and how many one buyer may have.
const FIRST_EVENTS: [(u32, Option<u32>); 4] = [(3, None), (12, Some(2)), (40, None), (200, Some(4))];
const PASSWORD: &str = "correct horse";
/// How often a booking is sent if its outcome is unknown or it was not done yet.
const BOOK_ATTEMPTS_MAX: u32 = 3;
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How often what changes something has an idempotency key.
const KEYED_SHARE: f64 = 0.5;
/// How often a call with a key is sent twice at once, and how often again later, whatever it was answered.
const TWICE_SHARE: f64 = 0.1;
const AGAIN_SHARE: f64 = 0.1;
/// For how long a call that is sent again later was not sent, in milliseconds.
const AGAIN_AFTER_MS: std::ops::Range<u64> = 0..3_000;
/// How a call with a key is sent again if its outcome is unknown or nothing was done: mostly to another replica, or to one that has
/// started again.
const REPEATS: Repeats = Repeats { attempts_max: 5, pause: RETRY_AFTER, patience: Duration::from_secs(8) };
/// Among how many of their tickets, those that were booked last, buyers choose which to cancel.
const CHOICE: usize = 6;
/// Between two actions of a buyer, in milliseconds.
const THINK_MS: std::ops::Range<u64> = 5..150;

/// The events on sale, and the clients.
pub(super) struct Sale {
    pub(super) admin: Session,
    buyers: Vec<Session>,
    events: RwLock<Vec<Uuid>>,
    setup_calls: Vec<Call>,
    seed: u64,
    hold: Duration,
}

impl Sale {
    /// Creates accounts and the first events, before any fault.
    pub(super) async fn open(gateway: Gateway, system: &System, options: &ChaosOptions) -> Result<Self> {
        let admin = gateway.log_in(&system.admin().email, &system.admin().password).await?;
        let mut buyers = Vec::new();
        // One more, for the check at the end.
        for number in 0..=options.buyers {
            let email = format!("buyer-{number}@example.com");
            gateway.register("Buyer", &email, PASSWORD).await?;
            buyers.push(gateway.log_in(&email, PASSWORD).await?);
        }
        let (mut setup_calls, mut events) = (Vec::new(), Vec::new());
        for (seat_count, max_per_buyer) in FIRST_EVENTS {
            let call = admin.call(Op::CreateEvent { seat_count, max_per_buyer }).await;
            events.push(created(&call).context("an event could not be created")?);
            setup_calls.push(call);
        }
        let (seed, hold) = (options.seed, options.hold);
        Ok(Self { admin, buyers, events: RwLock::new(events), setup_calls, seed, hold })
    }

    pub(super) fn setup_calls(&self) -> Vec<Call> {
        self.setup_calls.clone()
    }

    pub(super) fn events(&self) -> Vec<Uuid> {
        self.events.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, event: Uuid) {
        self.events.write().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    pub(super) fn remove(&self, event: Uuid) {
        self.events.write().unwrap_or_else(PoisonError::into_inner).retain(|it| *it != event);
    }

    pub(super) fn random(&self, number: u32) -> StdRng {
        StdRng::seed_from_u64(self.seed ^ (u64::from(number) << 32))
    }

    /// A buyer that has not bought yet.
    pub(super) fn last_buyer(&self) -> Option<&Session> {
        self.buyers.last()
    }
}

/// The event that this call created, if it did.
pub(super) fn created(call: &Call) -> Option<Uuid> {
    match &call.outcome {
        Outcome::Ok(Response::Created { event_id }) => Some(*event_id),
        _ => None,
    }
}

/// A call, with or without a key. With one it may be sent several times.
pub(super) async fn call(session: &Session, op: Op, random: &mut StdRng) -> Call {
    let is_read = matches!(op, Op::ListBookings | Op::ReadEvent { .. });
    if is_read || !random.random_bool(KEYED_SHARE) {
        return session.call(op).await;
    }
    if random.random_bool(TWICE_SHARE) {
        let mut call = KeyedCall::new(session, op);
        call.send_twice().await;
        return call.recorded();
    }
    let mut call = REPEATS.call(session, op, || true).await;
    if random.random_bool(AGAIN_SHARE) {
        sleep(Duration::from_millis(random.random_range(AGAIN_AFTER_MS))).await;
        call.send().await;
    }
    call.recorded()
}

/// Buys until `stopped`, and returns the buyer's calls.
pub(super) async fn buy(
    sale: std::sync::Arc<Sale>,
    number: u32,
    stopped: watch::Receiver<bool>,
) -> Vec<Call> {
    let index = usize::try_from(number).unwrap_or_default();
    let Some(session) = sale.buyers.get(index).cloned() else { return Vec::new() };
    let mut buyer = Buyer { session, random: sale.random(number), calls: Vec::new(), hold: sale.hold };
    while !*stopped.borrow() {
        if let Some(event) = sale.events().choose(&mut buyer.random) {
            let other = sale.events().choose(&mut buyer.random).copied();
            buyer.act(*event, other.filter(|other| other != event)).await;
        }
        let think_ms = buyer.random.random_range(THINK_MS);
        sleep(Duration::from_millis(think_ms)).await;
    }
    buyer.calls
}

struct Buyer {
    session: Session,
    random: StdRng,
    calls: Vec<Call>,
    hold: Duration,
}

impl Buyer {
    async fn act(&mut self, event_id: Uuid, other: Option<Uuid>) {
        match self.random.random_range(0..20) {
            0..2 => {
                let count = self.random.random_range(1..=2);
                self.call(Op::Cancel { event_id, count }).await;
            }
            2 => self.cancel_chosen().await,
            3 => self.call(Op::ListBookings).await,
            4 => self.call(Op::ReadEvent { event_id }).await,
            5 => {
                let count = self.random.random_range(1..=3);
                self.call(Op::AddToWaitlist { event_id, count }).await;
            }
            6 | 7 => {
                let mut tickets = self.reserve(event_id).await;
                if let Some(other) = other {
                    tickets.extend(self.reserve(other).await);
                }
                self.finish(tickets).await;
            }
            _ => {
                let tickets = self.reserve(event_id).await;
                self.finish(tickets).await;
            }
        }
    }

    /// Books, releases or abandons tickets that are held.
    async fn finish(&mut self, ticket_ids: Vec<Uuid>) {
        if ticket_ids.is_empty() {
            return;
        }
        match self.random.random_range(0..20) {
            0..2 => {}
            2..4 => self.call(Op::Release { ticket_ids }).await,
            4 => {
                let late = self.hold + Duration::from_millis(self.random.random_range(0..2_500));
                sleep(late).await;
                self.book(ticket_ids).await;
            }
            5..7 => {
                let op = Op::Book { ticket_ids };
                if self.random.random_bool(KEYED_SHARE) {
                    let mut call = KeyedCall::new(&self.session, op);
                    call.send_twice().await;
                    self.calls.push(call.recorded());
                } else {
                    let (one, two) = join(self.session.call(op.clone()), self.session.call(op)).await;
                    self.calls.extend([one, two]);
                }
            }
            _ => {
                let share = self.random.random_range(0.0..0.8);
                sleep(self.hold.mul_f64(share * share)).await;
                self.book(ticket_ids).await;
            }
        }
    }

    /// One or two tickets that were booked lately, perhaps of two events. Some of them are cancelled already.
    async fn cancel_chosen(&mut self) {
        let booked = self.calls.iter().rev().filter_map(|call| match (&call.op, &call.outcome) {
            (Op::Book { ticket_ids }, Outcome::Ok(_)) => Some(ticket_ids),
            _ => None,
        });
        let choice: Vec<Uuid> = booked.flatten().take(CHOICE).copied().collect();
        let count = self.random.random_range(1..=2);
        let ticket_ids: Vec<Uuid> = choice.choose_multiple(&mut self.random, count).copied().collect();
        if !ticket_ids.is_empty() {
            self.call(Op::CancelTickets { ticket_ids }).await;
        }
    }

    async fn reserve(&mut self, event_id: Uuid) -> Vec<Uuid> {
        let count = self.random.random_range(1..=4);
        self.call(Op::Reserve { event_id, count }).await;
        match self.calls.last().map(|call| &call.outcome) {
            Some(Outcome::Ok(Response::Held { ticket_ids, .. })) => ticket_ids.clone(),
            _ => Vec::new(),
        }
    }

    /// Tries again if the outcome is unknown, or nothing was done yet.
    async fn book(&mut self, ticket_ids: Vec<Uuid>) {
        for _ in 0..BOOK_ATTEMPTS_MAX {
            self.call(Op::Book { ticket_ids: ticket_ids.clone() }).await;
            match self.calls.last().map(|call| &call.outcome) {
                Some(Outcome::Unknown { .. } | Outcome::Fail { status: 503, .. }) => sleep(RETRY_AFTER).await,
                _ => return,
            }
        }
    }

    async fn call(&mut self, op: Op) {
        let call = call(&self.session, op, &mut self.random).await;
        self.calls.push(call);
    }
}
