//! One representative of all states that differ only by ids: of users, seats, attempts, expiries, nonces and slots.

use super::{
    ids::{ATTEMPTS_MAX, AttemptId, Expiry, LeaseNonce, SEATS_MAX, Seats, Symmetry, User},
    process::Process,
    state::State,
    store::AttemptOutcome,
    world::World,
};

const UNNUMBERED: AttemptId = AttemptId::MAX;

impl State {
    /// The smallest of the states that differ only by ids.
    pub(crate) fn canonical(&self, seats_are_alike: bool) -> Self {
        let mut best: Option<Self> = None;
        for seats in [false, true].into_iter().filter(|swap| seats_are_alike || !swap) {
            for users in [false, true] {
                let candidate = self.swapped(users, seats).renumbered();
                if best.is_none_or(|best| candidate < best) {
                    best = Some(candidate);
                }
            }
        }
        best.unwrap_or(*self)
    }

    fn swapped(&self, users: bool, seats: bool) -> Self {
        let mut state = *self;
        state.map_ids(&mut Swap { users, seats });
        let World { valkey, replica, store, guarantees } = &mut state.world;
        if users {
            store.owners.iter_mut().chain(&mut guarantees.held).flatten().for_each(swap_user);
            guarantees.owners.iter_mut().for_each(swap_bits);
        }
        if seats {
            std::iter::once(valkey).chain(replica).for_each(|valkey| valkey.seats.swap(0, 1));
            store.owners.swap(0, 1);
            store.events.iter_mut().for_each(|row| swap_bits(&mut row.capacity));
            guarantees.held.swap(0, 1);
            guarantees.owners.swap(0, 1);
            swap_bits(&mut guarantees.orphaned);
        }
        state
    }

    fn renumbered(mut self) -> Self {
        // Attempts: first in the order in which the seats' claims mention them, then in that of the processes.
        let mut attempts = AttemptOrder::default();
        self.world.map_ids(&mut attempts);
        let store = self.world.store;
        let key = |process: &Option<Process>| {
            let mut copy = *process;
            let attempt = copy.as_mut().and_then(Process::attempt_mut);
            let outcome = attempt.map(|attempt| {
                let outcome = store.attempts[usize::from(*attempt)];
                *attempt = attempts.number_of(*attempt);
                outcome
            });
            (copy.is_none(), copy, outcome)
        };
        self.processes.sort_by_key(key);
        for process in self.processes.iter_mut().flatten() {
            process.map_ids(&mut attempts);
        }
        let mut rows = [AttemptOutcome::Unsettled; ATTEMPTS_MAX];
        for (old, outcome) in store.attempts.iter().enumerate() {
            let number = AttemptId::try_from(old).map_or(UNNUMBERED, |old| attempts.number_of(old));
            if let Some(row) = rows.get_mut(usize::from(number)) {
                *row = *outcome;
            }
        }
        self.world.store.attempts = rows;

        // Expiries and nonces: in the order in which they occur.
        let mut order = Order::default();
        self.map_ids(&mut order);
        self.map_ids(&mut Renumber { attempts, order });
        self
    }
}

fn swap_user(user: &mut User) {
    *user = 1 - *user;
}

/// In a set of two.
fn swap_bits(set: &mut u8) {
    *set = (*set & 1) << 1 | (*set >> 1) & 1;
}

struct Swap {
    users: bool,
    seats: bool,
}

impl Symmetry for Swap {
    fn user(&mut self, user: &mut User) {
        if self.users {
            swap_user(user);
        }
    }

    fn seat(&mut self, seat: &mut usize) {
        if self.seats {
            *seat = 1 - *seat;
        }
    }

    fn seats(&mut self, seats: &mut Seats) {
        if self.seats {
            swap_bits(seats);
        }
    }
}

/// Numbers attempts in the order in which they occur.
struct AttemptOrder {
    numbers: [AttemptId; ATTEMPTS_MAX],
    count: AttemptId,
}

impl Default for AttemptOrder {
    fn default() -> Self {
        Self { numbers: [UNNUMBERED; ATTEMPTS_MAX], count: 0 }
    }
}

impl AttemptOrder {
    fn number_of(&self, attempt: AttemptId) -> AttemptId {
        self.numbers[usize::from(attempt)]
    }
}

impl Symmetry for AttemptOrder {
    fn attempt(&mut self, attempt: &mut AttemptId) {
        let number = &mut self.numbers[usize::from(*attempt)];
        if *number == UNNUMBERED {
            *number = self.count;
            self.count += 1;
        }
    }
}

/// The expiries of each seat and the nonces, in the order in which they occur.
#[derive(Default)]
struct Order {
    expiries: [Occurred; SEATS_MAX],
    nonces: Occurred,
}

/// Small numbers in the order in which they first occurred.
#[derive(Clone, Copy, Default)]
struct Occurred {
    values: [u8; 8],
    count: usize,
}

impl Occurred {
    fn add(&mut self, value: u8) {
        if !self.values[..self.count].contains(&value) && self.count < self.values.len() {
            self.values[self.count] = value;
            self.count += 1;
        }
    }

    fn place(&self, value: u8) -> u8 {
        let place = self.values[..self.count].iter().position(|it| *it == value);
        place.and_then(|place| u8::try_from(place).ok()).unwrap_or(value)
    }
}

impl Symmetry for Order {
    fn expiry(&mut self, seat: usize, expiry: &mut Expiry) {
        self.expiries[seat].add(*expiry);
    }

    fn nonce(&mut self, nonce: &mut LeaseNonce) {
        self.nonces.add(*nonce);
    }
}

struct Renumber {
    attempts: AttemptOrder,
    order: Order,
}

impl Symmetry for Renumber {
    fn attempt(&mut self, attempt: &mut AttemptId) {
        *attempt = self.attempts.number_of(*attempt);
    }

    fn expiry(&mut self, seat: usize, expiry: &mut Expiry) {
        *expiry = self.order.expiries[seat].place(*expiry);
    }

    fn nonce(&mut self, nonce: &mut LeaseNonce) {
        *nonce = self.order.nonces.place(*nonce);
    }
}
