//! The limit of a buyer, decided in Postgres: bookings of one user at once, under READ COMMITTED.
//!
//! `outbound/postgres/buyer_limit.rs` tries the buyer's lock in a statement of its own, in processes that know of a limit;
//! `outbound/postgres/book.rs` then takes its snapshot, shares the event's row and reads it in its newest version, judges and writes.
//! Three bookings of one ticket each are sent; one ticket is the limit, which an admin sets and takes away. The user cancels at any
//! time. What Valkey granted does not matter here: it granted everything.

use stateright::{Model, Property};

use crate::guards::{Guard, Guards};

const BOOKINGS: usize = 3;
const LIMIT: u8 = 1;
const VERSION_MAX: u8 = 3;

/// The bookings of one user.
#[derive(Clone, Copy, Debug)]
pub struct BuyerLimit {
    /// The guards that are on.
    pub guards: Guards,
}

/// The user's committed tickets, the event, and where each booking stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    tickets: u8,
    /// The version of the event; it has a limit in the odd ones.
    version: u8,
    bookings: [Booking; BOOKINGS],
    /// A booking that was judged by the limit came to more.
    exceeded: bool,
    /// A booking was refused because of the limit.
    refused: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Booking {
    #[default]
    Waits,
    /// The statement that takes the lock has its snapshot, if it is the one that counts too.
    Looked(Snapshot),
    /// The transaction has begun.
    Begun {
        /// Whether it has the buyer's lock: a process that knows of no limit takes none.
        has_lock: bool,
        /// What the statement's snapshot shows, if it was taken already.
        seen: Option<Snapshot>,
    },
    /// It was judged to be good, shares the event's row, and will be committed.
    Written {
        has_lock: bool,
        by_limit: bool,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Snapshot {
    tickets: u8,
    version: u8,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The transaction of this booking begins, in a process that knows of a limit or not.
    Begin(usize, bool),
    /// Its statement takes a snapshot.
    Look(usize),
    /// The statement judges, and writes if it is good.
    Judge(usize),
    Commit(usize),
    /// The user cancels a ticket.
    Cancel,
    /// The limit is set or taken away.
    Change,
}

impl Booking {
    fn has_lock(self) -> bool {
        matches!(self, Self::Begun { has_lock: true, .. } | Self::Written { has_lock: true, .. })
    }
}

impl State {
    fn has_limit(&self) -> bool {
        self.version % 2 == 1
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { tickets: self.tickets, version: self.version }
    }
}

impl BuyerLimit {
    fn next(self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Begin(booking, knows) => {
                let is_taken = state.bookings.iter().any(|it| it.has_lock());
                if knows && is_taken && self.guards.has(Guard::LimitUnderLock) {
                    return None;
                }
                let seen = match state.bookings[booking] {
                    Booking::Waits if self.guards.has(Guard::CountAfterLock) => None,
                    Booking::Looked(seen) => Some(seen),
                    _ => return None,
                };
                state.bookings[booking] = Booking::Begun { has_lock: knows, seen };
            }
            Action::Look(booking) => {
                let seen = state.snapshot();
                state.bookings[booking] = match state.bookings[booking] {
                    // One statement for both would take its snapshot before the lock.
                    Booking::Waits if !self.guards.has(Guard::CountAfterLock) => Booking::Looked(seen),
                    Booking::Begun { has_lock, seen: None } => Booking::Begun { has_lock, seen: Some(seen) },
                    _ => return None,
                };
            }
            Action::Judge(booking) => {
                let Booking::Begun { has_lock, seen: Some(seen) } = state.bookings[booking] else {
                    return None;
                };
                state.bookings[booking] = self.judged(state, has_lock, seen);
            }
            Action::Commit(booking) => {
                let Booking::Written { by_limit, .. } = state.bookings[booking] else { return None };
                state.bookings[booking] = Booking::Done;
                state.tickets += 1;
                state.exceeded |= by_limit && state.tickets > LIMIT;
            }
            Action::Cancel => state.tickets = state.tickets.checked_sub(1)?,
            Action::Change => {
                let is_shared = state.bookings.iter().any(|it| matches!(it, Booking::Written { .. }));
                let may = !is_shared && state.version < VERSION_MAX;
                state.version = may.then_some(state.version + 1)?;
            }
        }
        Some(())
    }

    /// The event is read in its newest version, the tickets in that of the snapshot.
    fn judged(self, state: &mut State, has_lock: bool, seen: Snapshot) -> Booking {
        if !state.has_limit() {
            return Booking::Written { has_lock, by_limit: false };
        }
        let is_locked = has_lock || !self.guards.has(Guard::LimitUnderLock);
        let is_seen = seen.version == state.version || !self.guards.has(Guard::LimitOfSnapshot);
        if !is_locked || !is_seen {
            // Contended: it comes again.
            return Booking::Waits;
        }
        let is_over = seen.tickets + 1 > LIMIT && self.guards.has(Guard::LimitByPostgres);
        state.refused |= is_over;
        if is_over { Booking::Done } else { Booking::Written { has_lock, by_limit: true } }
    }
}

impl Model for BuyerLimit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        for booking in 0..BOOKINGS {
            actions.extend([true, false].map(|knows| Action::Begin(booking, knows)));
            actions.extend([Action::Look(booking), Action::Judge(booking), Action::Commit(booking)]);
        }
        actions.extend([Action::Cancel, Action::Change]);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.next(&mut state, action)?;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody has more tickets than one buyer may", |_, state: &State| {
                !state.exceeded
            }),
            Property::sometimes("a booking is refused because of the limit", |_, state: &State| {
                state.refused
            }),
            Property::sometimes("who cancelled books again", |_, state: &State| {
                state.tickets == LIMIT && state.bookings.iter().all(|booking| *booking == Booking::Done)
            }),
        ]
    }
}
