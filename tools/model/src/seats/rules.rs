//! What every step depends on: the guards that are on, and which seats belong to which event.

use super::ids::{EVENTS_MAX, SEATS_MAX, Seats, each, only, those};
use crate::guards::{Guard, Guards};

/// Which seats belong to which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One event with 1 or 2 seats.
    OneEvent(usize),
    /// Two events with one seat each, in the order of their ids.
    TwoEvents,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) guards: Guards,
    pub(crate) layout: Layout,
}

impl Rules {
    pub(crate) fn has(self, guard: Guard) -> bool {
        self.guards.has(guard)
    }

    pub(crate) fn events(self) -> std::ops::Range<usize> {
        match self.layout {
            Layout::OneEvent(_) => 0..1,
            Layout::TwoEvents => 0..EVENTS_MAX,
        }
    }

    pub(crate) fn all_seats(self) -> Seats {
        match self.layout {
            Layout::OneEvent(seats) => those(|seat| seat < seats.min(SEATS_MAX)),
            Layout::TwoEvents => those(|_| true),
        }
    }

    pub(crate) fn event_of(self, seat: usize) -> usize {
        match self.layout {
            Layout::OneEvent(_) => 0,
            Layout::TwoEvents => seat,
        }
    }

    pub(crate) fn seats_of(self, event: usize) -> Seats {
        match self.layout {
            Layout::OneEvent(_) => self.all_seats(),
            Layout::TwoEvents => only(event),
        }
    }

    /// The seats that belong to the first event among them, in the order of ids.
    pub(crate) fn first_event(self, seats: Seats) -> Seats {
        each(seats).next().map_or(0, |seat| seats & self.seats_of(self.event_of(seat)))
    }

    /// The seats that belong to the last event among them.
    pub(crate) fn last_event(self, seats: Seats) -> Seats {
        each(seats).last().map_or(0, |seat| seats & self.seats_of(self.event_of(seat)))
    }

    pub(crate) fn events_of(self, seats: Seats) -> impl Iterator<Item = usize> {
        self.events().filter(move |event| seats & self.seats_of(*event) != 0)
    }
}
