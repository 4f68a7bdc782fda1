//! Cancels of a made-up run.

use booked_checker::{
    evidence::Fact,
    history::{Op, Response},
};
use booked_contract::feed::{CancelledTicket, TicketsCancelled};
use uuid::Uuid;

use super::{Run, Times, ms, seats_of};

impl Run {
    pub(crate) fn cancel(&mut self, user: Uuid, count: u32) -> bool {
        let times = self.times();
        let op = Op::Cancel { event_id: self.event.as_uuid(), count };
        let mine = self.owned.iter().filter(|(_, owned)| owned.owner.user == user);
        let mut latest: Vec<(i64, u32)> = mine.map(|(seat, owned)| (owned.booked_ms, *seat)).collect();
        latest.sort_unstable_by(|a, b| b.cmp(a));
        latest.truncate(usize::try_from(count).unwrap());
        if latest.len() < usize::try_from(count).unwrap() {
            self.fail(user, times, op, "TICKET-01");
            return false;
        }
        self.take_away(user, latest.into_iter().map(|(_, seat)| seat).collect(), times, op);
        true
    }

    pub(crate) fn cancel_tickets(&mut self, user: Uuid, ticket_ids: &[Uuid]) -> bool {
        let times = self.times();
        let op = Op::CancelTickets { ticket_ids: ticket_ids.to_vec() };
        let seats = seats_of(ticket_ids);
        let is_mine = |seat: &u32| self.owned.get(seat).is_some_and(|owned| owned.owner.user == user);
        if seats.is_empty() || !seats.iter().all(is_mine) {
            self.fail(user, times, op, "TICKET-03");
            return false;
        }
        self.take_away(user, seats.into_iter().collect(), times, op);
        true
    }

    fn take_away(&mut self, user: Uuid, seats: Vec<u32>, times: Times, op: Op) {
        self.freed += i64::try_from(seats.len()).unwrap();
        let mut tickets = Vec::new();
        for seat in seats {
            let owned = self.owned.remove(&seat).unwrap();
            let booked_unix_ms = owned.booked_ms;
            tickets.push(CancelledTicket { seat, booking_id: owned.owner.booking, booked_unix_ms });
            self.counts.cancelled += 1;
            self.count_day(booked_unix_ms, -1);
        }
        let (event_id, cancelled_unix_ms) = (self.event.as_uuid(), ms(times.acts_us));
        self.write(Fact::Cancelled(TicketsCancelled { event_id, user_id: user, tickets, cancelled_unix_ms }));
        self.record(Some(user), times, op, Response::Empty);
    }
}
