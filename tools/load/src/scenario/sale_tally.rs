//! Counts what clients bought of one event, so that it can be compared with what the gateway says.
//!
//! A call without a clear answer may have been carried out, and so may one that was cut short. Both widen what is
//! expected.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use booked_checker::history::{Op, Outcome, Response};
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::{expectation::Expectation, setup::Setup};
use crate::{
    accounts::Accounts,
    client::{Session, now_us},
    run::Iteration,
};

pub(super) const TOO_FEW: &str = "TICKET-01";
const NOT_RESERVED: &str = "TICKET-02";
const OVER_LIMIT: &str = "TICKET-04";
/// How much this clock and Valkey's may differ, including the second that is rounded off.
const CLOCKS_APART_S: i64 = 3;
/// How long it may take until the gateway shows what it has just answered.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
const LISTS_CONCURRENT: usize = 16;

pub(super) struct SaleTally {
    pub(super) event: Uuid,
    seats: u32,
    /// How many tickets one buyer may hold and have; none: any number.
    max_per_buyer: Option<u32>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Seats whose booking or cancellation was acknowledged.
    booked: i64,
    cancelled: i64,
    /// Seats of calls that are under way, or of unknown outcome.
    reserving: i64,
    booking: i64,
    cancelling: i64,
    /// Holds that are not known to be booked, by their first ticket.
    holds: HashMap<Uuid, Hold>,
    /// Calls under way, by account.
    under_way: HashMap<Option<Uuid>, UnderWay>,
    /// Seats that were cancelled while the same account booked or cancelled others. They may not be free until the
    /// reconciler frees them.
    contested: i64,
    sold: HashSet<Uuid>,
    sold_again: u64,
    /// The lowest number of seats that was refused because too few were free.
    refused_min: Option<u32>,
    /// Refused as not held, although the hold had not expired.
    lost_holds: u64,
}

/// What one account is doing while several iterations share it.
#[derive(Default)]
struct UnderWay {
    calls: u32,
    cancelling: i64,
}

#[derive(Clone)]
pub(super) struct Hold {
    tickets: Vec<Uuid>,
    expires_unix_s: i64,
}

impl SaleTally {
    pub(super) fn new(event: Uuid, seats: u32) -> Self {
        Self { event, seats, max_per_buyer: None, counts: Mutex::default() }
    }

    pub(super) fn with_limit(self, max_per_buyer: Option<u32>) -> Self {
        Self { max_per_buyer, ..self }
    }

    /// None if it was not granted.
    pub(super) async fn reserve(
        &self,
        iteration: &mut Iteration,
        session: &Session,
        count: u32,
    ) -> Option<Hold> {
        let seats = i64::from(count);
        self.counts().reserving += seats;
        let expected: &[&str] =
            if self.max_per_buyer.is_some() { &[TOO_FEW, OVER_LIMIT] } else { &[TOO_FEW] };
        let outcome = iteration.reserve(session, self.event, count, expected).await;
        let mut counts = self.counts();
        match outcome {
            Outcome::Ok(Response::Held { ticket_ids, expires_unix_time }) => {
                counts.reserving -= seats;
                let hold = Hold { tickets: ticket_ids, expires_unix_s: expires_unix_time };
                counts.holds.insert(*hold.tickets.first()?, hold.clone());
                Some(hold)
            }
            Outcome::Fail { code, .. } => {
                counts.reserving -= seats;
                if code == TOO_FEW {
                    let fewest = counts.refused_min.map_or(count, |fewest| fewest.min(count));
                    counts.refused_min = Some(fewest);
                }
                None
            }
            Outcome::Ok(_) | Outcome::Unknown { .. } => None,
        }
    }

    /// Whether it was acknowledged.
    pub(super) async fn book(&self, iteration: &mut Iteration, session: &Session, hold: &Hold) -> bool {
        let seats = hold.seats();
        self.counts().begin(session, 0);
        self.counts().booking += seats;
        let expected: &[&str] = if hold.may_have_expired() { &[NOT_RESERVED] } else { &[] };
        let outcome = iteration.book(session, &hold.tickets, expected).await;
        let mut counts = self.counts();
        counts.end(session, 0);
        match outcome {
            Outcome::Ok(_) => {
                counts.booking -= seats;
                counts.booked += seats;
                hold.tickets.first().map(|first| counts.holds.remove(first));
                for ticket in &hold.tickets {
                    counts.sold_again += u64::from(!counts.sold.insert(*ticket));
                }
                true
            }
            Outcome::Fail { code, .. } => {
                counts.booking -= seats;
                counts.lost_holds += u64::from(code == NOT_RESERVED && !hold.may_have_expired());
                false
            }
            Outcome::Unknown { .. } => false,
        }
    }

    /// Cancels the latest tickets. Whether it was acknowledged.
    pub(super) async fn cancel(
        &self,
        iteration: &mut Iteration,
        session: &Session,
        count: u32,
        expected: &[&str],
    ) -> bool {
        let seats = i64::from(count);
        self.counts().begin(session, seats);
        self.counts().cancelling += seats;
        let outcome = iteration.cancel(session, self.event, count, expected).await;
        let mut counts = self.counts();
        counts.end(session, seats);
        match outcome {
            Outcome::Ok(_) => {
                counts.cancelling -= seats;
                counts.cancelled += seats;
                true
            }
            Outcome::Fail { .. } => {
                counts.cancelling -= seats;
                false
            }
            Outcome::Unknown { .. } => false,
        }
    }

    /// The event's free seats and the buyers' bookings agree with what was acknowledged.
    pub(super) async fn adds_up(&self, setup: &Setup, accounts: &Accounts) -> Vec<Expectation> {
        setup.step("Comparing what was sold with what was acknowledged");
        let free = self.free_seats(setup).await;
        let listed = self.listed_by_buyer(setup, accounts).await;
        let mut expectations = vec![free, self.bookings(&listed)];
        expectations.extend(self.max_per_buyer.map(|limit| within_limit(limit, &listed)));
        expectations
    }

    /// No seat was sold twice, and nobody was refused while there were enough seats. Only valid if nobody cancels.
    pub(super) async fn sold_once(&self, setup: &Setup) -> Vec<Expectation> {
        let (sold_again, lost_holds, refused_min) = {
            let counts = self.counts();
            let has_expired = counts.holds.values().any(Hold::may_have_expired);
            (counts.sold_again, counts.lost_holds, counts.refused_min.filter(|_| !has_expired))
        };
        let mut expectations = vec![
            Expectation::counted("Tickets whose booking was acknowledged twice", 0, sold_again),
            Expectation::counted("Bookings refused although the hold had not expired", 0, lost_holds),
        ];
        if let (Some(refused), Some(free)) = (refused_min, self.free(setup).await) {
            expectations.push(Expectation {
                what: format!("Free seats, after a request for {refused} was refused"),
                expected: format!("fewer than {refused}"),
                found: free.to_string(),
                holds: free < i64::from(refused),
            });
        }
        expectations
    }

    /// No more bookings were acknowledged than there are seats.
    pub(super) fn sold(&self) -> Expectation {
        let (booked, seats) = (self.counts().booked, i64::from(self.seats));
        Expectation {
            what: "Seats sold".to_owned(),
            expected: format!("at most {seats}"),
            found: booked.to_string(),
            holds: booked <= seats,
        }
    }

    async fn free_seats(&self, setup: &Setup) -> Expectation {
        let deadline = Instant::now() + SETTLES_WITHIN;
        loop {
            let free = self.free(setup).await;
            let (least, most) = self.counts().taken();
            let range = ((i64::from(self.seats) - most).max(0), i64::from(self.seats) - least);
            let holds = free.is_some_and(|free| (range.0..=range.1).contains(&free));
            if holds || Instant::now() > deadline {
                let found = free.map_or_else(|| "no answer".to_owned(), |free| free.to_string());
                let what = format!("Free seats of {}", self.seats);
                return Expectation { what, expected: between(range), found, holds };
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn free(&self, setup: &Setup) -> Option<i64> {
        match setup.call_anonymously(Op::ReadEvent { event_id: self.event }).await {
            Outcome::Ok(Response::Event { available_seats_count, .. }) => {
                Some(i64::from(available_seats_count))
            }
            _ => None,
        }
    }

    async fn listed_by_buyer(&self, setup: &Setup, accounts: &Accounts) -> Vec<Option<i64>> {
        let lists: Vec<_> =
            accounts.all().iter().map(|account| self.listed(setup, &account.session)).collect();
        stream::iter(lists).buffer_unordered(LISTS_CONCURRENT).collect().await
    }

    fn bookings(&self, listed: &[Option<i64>]) -> Expectation {
        let unread = listed.iter().filter(|sum| sum.is_none()).count();
        let sum: i64 = listed.iter().flatten().sum();
        let counts = self.counts();
        let booked = counts.booked - counts.cancelled;
        let range = (booked - counts.cancelling, booked + counts.booking);
        let (what, expected) = ("Tickets in the buyers' bookings".to_owned(), between(range));
        let holds = unread == 0 && (range.0..=range.1).contains(&sum);
        let found = if unread == 0 {
            sum.to_string()
        } else {
            format!("{sum}, and {unread} lists could not be read")
        };
        Expectation { what, expected, found, holds }
    }

    /// How many tickets of the event a buyer's bookings show; none if they cannot be read.
    async fn listed(&self, setup: &Setup, session: &Session) -> Option<i64> {
        let Outcome::Ok(Response::Bookings(rows)) = setup.call(session, Op::ListBookings).await else {
            return None;
        };
        let of_event = rows.iter().filter(|row| row.event_id == self.event);
        Some(of_event.map(|row| i64::from(row.number_of_tickets)).sum())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// The account begins to book, or to cancel this many seats.
    fn begin(&mut self, session: &Session, cancelling: i64) {
        let account = self.under_way.entry(session.user()).or_default();
        if account.calls > 0 {
            self.contested += account.cancelling + cancelling;
        }
        account.calls += 1;
        account.cancelling += cancelling;
    }

    fn end(&mut self, session: &Session, cancelling: i64) {
        if let Some(account) = self.under_way.get_mut(&session.user()) {
            account.calls -= 1;
            account.cancelling -= cancelling;
        }
    }

    /// The fewest and the most seats that can be taken now.
    fn taken(&self) -> (i64, i64) {
        let kept = self.booked - self.cancelled;
        let surely = self.holds.values().filter(|hold| !hold.may_have_expired()).map(Hold::seats);
        let perhaps = self.holds.values().filter(|hold| !hold.has_expired()).map(Hold::seats);
        let least = kept - self.cancelling + surely.sum::<i64>();
        let most = kept + self.reserving + self.booking + self.contested + perhaps.sum::<i64>();
        (least, most)
    }
}

impl Hold {
    fn seats(&self) -> i64 {
        i64::try_from(self.tickets.len()).unwrap_or(i64::MAX)
    }

    fn may_have_expired(&self) -> bool {
        now_s() + CLOCKS_APART_S >= self.expires_unix_s
    }

    fn has_expired(&self) -> bool {
        now_s() - CLOCKS_APART_S > self.expires_unix_s
    }
}

/// No buyer has more than one may.
fn within_limit(limit: u32, listed: &[Option<i64>]) -> Expectation {
    let most = listed.iter().flatten().max().copied().unwrap_or_default();
    Expectation {
        what: "Most tickets of one buyer".to_owned(),
        expected: format!("at most {limit}"),
        found: most.to_string(),
        holds: most <= i64::from(limit),
    }
}

fn now_s() -> i64 {
    i64::try_from(now_us() / 1_000_000).unwrap_or(i64::MAX)
}

fn between((least, most): (i64, i64)) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}
