//! The limit of a buyer, decided in Postgres: bookings of one user at once, under READ COMMITTED.
//!
//! `outbound/postgres/buyer_limit.rs` tries the buyer's lock in a statement of its own; `outbound/postgres/book.rs` then counts the
//! user's tickets in its snapshot and writes. Three bookings of one ticket each are sent; one ticket is the limit. The user
//! cancels at any time. What Valkey granted does not matter here: it granted everything.

use stateright::{Model, Property};

use crate::guards::{Guard, Guards};

const BOOKINGS: usize = 3;
const LIMIT: u8 = 1;

/// The bookings of one user.
#[derive(Clone, Copy, Debug)]
pub struct BuyerLimit {
    /// The guards that are on.
    pub guards: Guards,
}

/// The user's committed tickets, and where each booking stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    tickets: u8,
    bookings: [Booking; BOOKINGS],
    /// A second booking was refused because of the limit, so that the model is about something.
    refused: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Booking {
    #[default]
    Waits,
    /// The statement that takes the lock has its snapshot, if it is the one that counts too.
    Looked(u8),
    /// Its transaction has the buyer's lock, or none is needed.
    Locked {
        /// What the statement's snapshot shows, if it was taken already.
        seen: Option<u8>,
    },
    /// It was judged to be within the limit, and will be committed.
    Written,
    Done,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The transaction of this booking begins, and tries the lock.
    Lock(usize),
    /// Its statement takes a snapshot.
    Look(usize),
    /// The statement judges by its snapshot, and writes.
    Judge(usize),
    Commit(usize),
    /// The user cancels a ticket.
    Cancel,
}

impl BuyerLimit {
    fn next(self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Lock(booking) => {
                let has_lock = |it: &Booking| matches!(it, Booking::Locked { .. } | Booking::Written);
                let is_taken = state.bookings.iter().any(has_lock);
                if is_taken && self.guards.has(Guard::LimitUnderLock) {
                    return None;
                }
                let seen = match state.bookings[booking] {
                    Booking::Waits if self.guards.has(Guard::CountAfterLock) => None,
                    Booking::Looked(seen) => Some(seen),
                    _ => return None,
                };
                state.bookings[booking] = Booking::Locked { seen };
                Some(())
            }
            Action::Look(booking) => {
                let seen = state.tickets;
                let looked = match state.bookings[booking] {
                    // One statement for both would take its snapshot before the lock.
                    Booking::Waits if !self.guards.has(Guard::CountAfterLock) => Booking::Looked(seen),
                    Booking::Locked { seen: None } => Booking::Locked { seen: Some(seen) },
                    _ => return None,
                };
                state.bookings[booking] = looked;
                Some(())
            }
            Action::Judge(booking) => {
                let Booking::Locked { seen: Some(seen) } = state.bookings[booking] else { return None };
                let is_over = seen + 1 > LIMIT && self.guards.has(Guard::LimitByPostgres);
                state.refused |= is_over;
                state.bookings[booking] = if is_over { Booking::Done } else { Booking::Written };
                Some(())
            }
            Action::Commit(booking) => {
                let is_written = state.bookings[booking] == Booking::Written;
                state.bookings[booking] = is_written.then_some(Booking::Done)?;
                state.tickets += 1;
                Some(())
            }
            Action::Cancel => {
                state.tickets = state.tickets.checked_sub(1)?;
                Some(())
            }
        }
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
            actions.extend([Action::Lock(booking), Action::Look(booking), Action::Judge(booking)]);
            actions.push(Action::Commit(booking));
        }
        actions.push(Action::Cancel);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.next(&mut state, action)?;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody has more tickets than one buyer may", |_, state: &State| {
                state.tickets <= LIMIT
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
