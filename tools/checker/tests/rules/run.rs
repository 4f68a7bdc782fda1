//! A made-up run: a correct system with one event, and the evidence that it leaves behind. Tests then tamper with it.

mod cancels;
mod evidence;

use std::collections::{BTreeMap, BTreeSet};

use booked_checker::{
    evidence::{Counts, EventRow, Fact, LedgerEntry, Notification, Owner, Ticketing, WaitlistEntry},
    history::{Bookings, Call, Fault, Line, Op, Outcome, Response},
};
use booked_contract::feed::{EventOnSale, TicketsBooked};
use booked_ids::{EventId, SeatNumber, TicketId};
use chrono::DateTime;
use uuid::Uuid;

/// 2030-01-01, at noon.
const BEGIN_US: u64 = 1_893_499_200_000_000;
pub(crate) const MS: u64 = 1_000;
pub(crate) const SECOND: u64 = 1_000_000;
const INCARNATION: &str = "7-1-00000001";

pub(crate) const ANN: Uuid = Uuid::from_u128(0xa);
pub(crate) const BOB: Uuid = Uuid::from_u128(0xb);
pub(crate) const CAT: Uuid = Uuid::from_u128(0xc);

/// When a call is sent, takes effect and is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) sent_us: u64,
    pub(crate) acts_us: u64,
    pub(crate) ended_us: u64,
}

#[derive(Clone)]
struct Hold {
    user: Uuid,
    ends_us: u64,
}

#[derive(Clone)]
struct Owned {
    owner: Owner,
    booked_ms: i64,
}

/// The system. Every method is a call of a client that is carried out and recorded, by default ten milliseconds after
/// the previous one.
pub(crate) struct Run {
    pub(crate) event: EventId,
    pub(crate) seats: u32,
    pub(crate) hold_us: u64,
    now_us: u64,
    next: Option<Times>,
    /// The next call is carried out and its answer is lost.
    pub(crate) lose_answer: bool,
    rows: i64,
    attempts: u128,
    history: Vec<Line>,
    ticketing: Ticketing,
    holds: BTreeMap<u32, Hold>,
    owned: BTreeMap<u32, Owned>,
    freed: i64,
    watermark: i64,
    counts: Counts,
}

/// More than anybody buys, unless a test is about it.
pub(crate) const LIMIT: u32 = 8;

impl Run {
    pub(crate) fn of(seats: u32) -> Self {
        let event = EventId::new(BEGIN_US / MS, [7; 16]);
        let mut run = Self {
            event,
            seats,
            hold_us: 60 * SECOND,
            now_us: BEGIN_US,
            next: None,
            lose_answer: false,
            rows: 0,
            attempts: 0x100,
            history: Vec::new(),
            ticketing: Ticketing { incarnation: INCARNATION.to_owned(), ..Ticketing::default() },
            holds: BTreeMap::new(),
            owned: BTreeMap::new(),
            freed: 0,
            watermark: 0,
            counts: Counts::default(),
        };
        let times = run.times();
        run.record(
            None,
            times,
            Op::CreateEvent { seat_count: seats, max_per_buyer: Some(LIMIT) },
            Response::Created { event_id: event.as_uuid() },
        );
        run.on_sale(false);
        run
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.now_us
    }

    /// Time passes, and holds expire.
    pub(crate) fn pass(&mut self, us: u64) {
        self.now_us += us;
    }

    /// The times of the next call.
    pub(crate) fn at(&mut self, times: Times) -> &mut Self {
        self.next = Some(times);
        self
    }

    pub(crate) fn fault(&mut self, us: u64, valkey_may_lose_writes: bool) {
        let what = "made up".to_owned();
        let (began_us, ended_us) = (self.now_us, self.now_us + us);
        self.history.push(Line::Fault(Fault { began_us, ended_us, what, valkey_may_lose_writes }));
        self.pass(us);
    }

    /// Valkey loses all holds.
    pub(crate) fn lose_holds(&mut self) {
        self.holds.clear();
    }

    /// A call that is neither carried out nor answered.
    pub(crate) fn unheard(&mut self, user: Uuid, op: Op) {
        let times = self.times();
        self.lose_answer = true;
        self.record(Some(user), times, op, Response::Empty);
    }

    pub(crate) fn reserve(&mut self, user: Uuid, count: u32) -> Vec<Uuid> {
        let times = self.times();
        self.expire(times.acts_us);
        let op = Op::Reserve { event_id: self.event.as_uuid(), count };
        let free: Vec<u32> = (1..=self.seats)
            .filter(|seat| !self.holds.contains_key(seat) && !self.owned.contains_key(seat))
            .take(usize::try_from(count).unwrap())
            .collect();
        if free.len() < usize::try_from(count).unwrap() {
            self.fail(user, times, op, "TICKET-01");
            return Vec::new();
        }
        // As by Valkey's clock: in whole milliseconds.
        let ends_us = times.acts_us / MS * MS + self.hold_us;
        self.holds.extend(free.iter().map(|seat| (*seat, Hold { user, ends_us })));
        let ticket_ids: Vec<Uuid> = free.iter().map(|seat| self.ticket(*seat).as_uuid()).collect();
        let expires_unix_time = i64::try_from(ends_us / SECOND).unwrap();
        self.record(
            Some(user),
            times,
            op,
            Response::Held { ticket_ids: ticket_ids.clone(), expires_unix_time },
        );
        ticket_ids
    }

    pub(crate) fn book(&mut self, user: Uuid, ticket_ids: &[Uuid]) -> bool {
        let times = self.times();
        self.expire(times.acts_us);
        let op = Op::Book { ticket_ids: ticket_ids.to_vec() };
        let seats = seats_of(ticket_ids);
        let is_mine = |seat: &u32| self.owned.get(seat).is_some_and(|owned| owned.owner.user == user);
        let is_held = |seat: &u32| self.holds.get(seat).is_some_and(|hold| hold.user == user);
        if !seats.iter().all(|seat| is_mine(seat) || is_held(seat)) {
            self.fail(user, times, op, "TICKET-02");
            return false;
        }
        let held: Vec<u32> = seats.into_iter().filter(|seat| !is_mine(seat)).collect();
        if !held.is_empty() {
            self.sell(user, held, times.acts_us);
        }
        self.record(Some(user), times, op, Response::Empty);
        true
    }

    fn sell(&mut self, user: Uuid, seats: Vec<u32>, us: u64) {
        self.attempts += 1;
        let (booking, booked_ms) = (Uuid::from_u128(self.attempts), ms(us));
        for seat in &seats {
            self.holds.remove(seat);
            self.owned.insert(*seat, Owned { owner: Owner { user, booking }, booked_ms });
        }
        self.ticketing.attempts.insert(booking, true);
        let count = i64::try_from(seats.len()).unwrap();
        self.counts.ever_booked += count;
        self.count_day(booked_ms, count);
        let (event_id, booked_unix_ms) = (self.event.as_uuid(), booked_ms);
        self.write(Fact::Booked(TicketsBooked {
            booking_id: booking,
            event_id,
            user_id: user,
            seats,
            booked_unix_ms,
        }));
    }

    pub(crate) fn release(&mut self, user: Uuid, ticket_ids: &[Uuid]) -> bool {
        let times = self.times();
        self.expire(times.acts_us);
        let op = Op::Release { ticket_ids: ticket_ids.to_vec() };
        let seats = seats_of(ticket_ids);
        if !seats.iter().all(|seat| self.holds.get(seat).is_some_and(|hold| hold.user == user)) {
            self.fail(user, times, op, "TICKET-02");
            return false;
        }
        self.holds.retain(|seat, _| !seats.contains(seat));
        self.freed += i64::try_from(seats.len()).unwrap();
        self.record(Some(user), times, op, Response::Empty);
        true
    }

    pub(crate) fn list(&mut self, user: Uuid) {
        let times = self.times();
        let count = self.owned.values().filter(|owned| owned.owner.user == user).count();
        let number_of_tickets = u32::try_from(count).unwrap();
        let rows = vec![Bookings { event_id: self.event.as_uuid(), number_of_tickets }];
        let rows = if count == 0 { Vec::new() } else { rows };
        self.record(Some(user), times, Op::ListBookings, Response::Bookings(rows));
    }

    pub(crate) fn read(&mut self) {
        let times = self.times();
        self.expire(times.acts_us);
        let taken = u32::try_from(self.owned.len() + self.holds.len()).unwrap();
        let answer = Response::Event { seat_count: self.seats, available_seats_count: self.seats - taken };
        self.record(None, times, Op::ReadEvent { event_id: self.event.as_uuid() }, answer);
    }

    pub(crate) fn grow(&mut self, seat_count: u32) {
        let times = self.times();
        self.freed += i64::from(seat_count - self.seats);
        self.seats = seat_count;
        self.on_sale(false);
        let op = Op::GrowEvent { event_id: self.event.as_uuid(), seat_count };
        self.record(None, times, op, Response::Empty);
    }

    pub(crate) fn delete(&mut self) {
        let times = self.times();
        self.on_sale(true);
        self.record(None, times, Op::DeleteEvent { event_id: self.event.as_uuid() }, Response::Empty);
    }

    pub(crate) fn wait(&mut self, user: Uuid, count: u32) -> bool {
        let times = self.times();
        let op = Op::AddToWaitlist { event_id: self.event.as_uuid(), count };
        if self.ticketing.waitlist.iter().any(|waiting| waiting.user == user) {
            self.fail(user, times, op, "WAITLIST-01");
            return false;
        }
        if self.ticketing.waitlist.is_empty() {
            self.watermark = self.freed;
        }
        self.rows += 1;
        self.ticketing.waitlist.push(WaitlistEntry {
            event: self.event,
            user,
            number: self.rows,
            wanted: count,
        });
        self.record(Some(user), times, op, Response::Empty);
        true
    }

    /// Notifies users who wait of seats that came free.
    pub(crate) fn notify(&mut self) {
        self.expire(self.now_us);
        let free = i64::from(self.seats) - i64::try_from(self.owned.len() + self.holds.len()).unwrap();
        let mut left = (self.freed - self.watermark).min(free);
        self.watermark = self.freed;
        while left > 0 && !self.ticketing.waitlist.is_empty() {
            let WaitlistEntry { user, wanted, .. } = self.ticketing.waitlist.remove(0);
            let seats = wanted.min(u32::try_from(left).unwrap());
            left -= i64::from(seats);
            self.rows += 1;
            let created_unix_ms = ms(self.now_us);
            self.ticketing.notifications.push(Notification {
                number: self.rows,
                event: self.event,
                user,
                seats,
                created_unix_ms,
            });
        }
    }

    fn row(&self) -> EventRow {
        self.ticketing.events[&self.event]
    }

    fn ticket(&self, seat: u32) -> TicketId {
        self.event.ticket(SeatNumber::new(seat).unwrap())
    }

    fn on_sale(&mut self, deleted: bool) {
        let version = self.counts.version + 1;
        let row = EventRow { version, deleted, seat_count: self.seats };
        self.ticketing.events.insert(self.event, row);
        (self.counts.version, self.counts.deleted, self.counts.total_seats) =
            (version, deleted, Some(self.seats));
        let (event_id, seat_count) = (self.event.as_uuid(), self.seats);
        self.write(Fact::OnSale(EventOnSale { event_id, version, deleted, seat_count }));
    }

    fn expire(&mut self, us: u64) {
        let before = self.holds.len();
        self.holds.retain(|_, hold| hold.ends_us > us);
        self.freed += i64::try_from(before - self.holds.len()).unwrap();
    }

    fn count_day(&mut self, booked_ms: i64, by: i64) {
        let day = DateTime::from_timestamp_millis(booked_ms).unwrap().date_naive();
        *self.counts.booked_now.entry(day).or_default() += by;
    }

    fn write(&mut self, fact: Fact) {
        self.rows += 1;
        self.ticketing.ledger.push(LedgerEntry { position: self.rows, fact });
    }

    fn times(&mut self) -> Times {
        if let Some(times) = self.next.take() {
            self.now_us = self.now_us.max(times.acts_us);
            return times;
        }
        self.now_us += 10 * MS;
        Times { sent_us: self.now_us, acts_us: self.now_us + MS, ended_us: self.now_us + 2 * MS }
    }

    fn record(&mut self, user: Option<Uuid>, times: Times, op: Op, answer: Response) {
        let lost = std::mem::take(&mut self.lose_answer);
        let outcome = if lost { Outcome::Unknown { cause: "504".to_owned() } } else { Outcome::Ok(answer) };
        let Times { sent_us, ended_us, .. } = times;
        self.history.push(Line::Call(Call { user, sent_us, ended_us, op, outcome, keyed: None }));
    }

    fn fail(&mut self, user: Uuid, times: Times, op: Op, code: &str) {
        self.lose_answer = false;
        let outcome = Outcome::Fail { status: 400, code: code.to_owned() };
        let Times { sent_us, ended_us, .. } = times;
        self.history.push(Line::Call(Call { user: Some(user), sent_us, ended_us, op, outcome, keyed: None }));
    }
}

fn seats_of(tickets: &[Uuid]) -> BTreeSet<u32> {
    tickets.iter().map(|ticket| TicketId::from_uuid(*ticket).unwrap().seat().get()).collect()
}

fn ms(us: u64) -> i64 {
    i64::try_from(us / MS).unwrap()
}
