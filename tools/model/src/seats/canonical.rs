//! One state for all that differ by names only: of users, seats, attempts, expiries, nonces and slots.

use super::{
    ids::{ATTEMPTS_MAX, AttemptId, Expiry, LeaseNonce, SEATS_MAX, Seats, Symmetry, User},
    process::Process,
    state::State,
    store::AttemptOutcome,
    world::World,
};

const UNNAMED: AttemptId = AttemptId::MAX;

impl State {
    /// The smallest of the states that differ by names only.
    pub(crate) fn canonical(&self, seats_are_alike: bool) -> Self {
        let mut best: Option<Self> = None;
        for seats in [false, true].into_iter().filter(|swap| seats_are_alike || !swap) {
            for users in [false, true] {
                let candidate = self.swapped(users, seats).renamed();
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

    fn renamed(mut self) -> Self {
        // Attempts: first as the seats' claims mention them, then as the processes do.
        let mut attempts = InOrder::default();
        self.world.map_ids(&mut attempts);
        let store = self.world.store;
        let look = |process: &Option<Process>| {
            let mut look = *process;
            let attempt = look.as_mut().and_then(Process::attempt_mut);
            let outcome = attempt.map(|attempt| {
                let outcome = store.attempts[usize::from(*attempt)];
                *attempt = attempts.name_of(*attempt);
                outcome
            });
            (look.is_none(), look, outcome)
        };
        self.processes.sort_by_key(look);
        for process in self.processes.iter_mut().flatten() {
            process.map_ids(&mut attempts);
        }
        let mut rows = [AttemptOutcome::Unsettled; ATTEMPTS_MAX];
        for (old, outcome) in store.attempts.iter().enumerate() {
            let name = AttemptId::try_from(old).map_or(UNNAMED, |old| attempts.name_of(old));
            if let Some(row) = rows.get_mut(usize::from(name)) {
                *row = *outcome;
            }
        }
        self.world.store.attempts = rows;

        // Expiries and nonces: in the order in which they are met.
        let mut order = Order::default();
        self.map_ids(&mut order);
        self.map_ids(&mut Renamed { attempts, order });
        self
    }
}

fn swap_user(user: &mut User) {
    *user = 1 - *user;
}

/// Of a set of two.
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

/// New names of attempts, in the order in which they are met.
struct InOrder {
    names: [AttemptId; ATTEMPTS_MAX],
    count: AttemptId,
}

impl Default for InOrder {
    fn default() -> Self {
        Self { names: [UNNAMED; ATTEMPTS_MAX], count: 0 }
    }
}

impl InOrder {
    fn name_of(&self, attempt: AttemptId) -> AttemptId {
        self.names[usize::from(attempt)]
    }
}

impl Symmetry for InOrder {
    fn attempt(&mut self, attempt: &mut AttemptId) {
        let name = &mut self.names[usize::from(*attempt)];
        if *name == UNNAMED {
            *name = self.count;
            self.count += 1;
        }
    }
}

/// The expiries of each seat and the nonces, as they are met.
#[derive(Default)]
struct Order {
    expiries: [Met; SEATS_MAX],
    nonces: Met,
}

/// Small numbers in the order in which they were met first.
#[derive(Clone, Copy, Default)]
struct Met {
    met: [u8; 8],
    count: usize,
}

impl Met {
    fn add(&mut self, value: u8) {
        if !self.met[..self.count].contains(&value) && self.count < self.met.len() {
            self.met[self.count] = value;
            self.count += 1;
        }
    }

    fn place(&self, value: u8) -> u8 {
        let place = self.met[..self.count].iter().position(|met| *met == value);
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

struct Renamed {
    attempts: InOrder,
    order: Order,
}

impl Symmetry for Renamed {
    fn attempt(&mut self, attempt: &mut AttemptId) {
        *attempt = self.attempts.name_of(*attempt);
    }

    fn expiry(&mut self, seat: usize, expiry: &mut Expiry) {
        *expiry = self.order.expiries[seat].place(*expiry);
    }

    fn nonce(&mut self, nonce: &mut LeaseNonce) {
        *nonce = self.order.nonces.place(*nonce);
    }
}
