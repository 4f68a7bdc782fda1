//! What Valkey and Postgres keep, together with the processes that run; and which ids none of them mentions.

use super::{
    ids::{ATTEMPTS_MAX, AttemptId, Expiry, LeaseNonce, PROCESSES_MAX, SEATS_MAX, Seats, Symmetry, User},
    process::Process,
    rules::Rules,
    store::AttemptOutcome,
    world::World,
};

/// The whole state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    pub(crate) world: World,
    pub(crate) processes: [Option<Process>; PROCESSES_MAX],
}

impl State {
    /// Gives a process a slot; `None` if there is none left.
    pub(crate) fn start(&mut self, process: Process) -> Option<()> {
        let slot = self.processes.iter_mut().find(|slot| slot.is_none())?;
        *slot = Some(process);
        Some(())
    }

    pub(crate) fn reserve(&mut self, user: User, seats: Seats, rules: Rules) -> Option<()> {
        let expires = std::array::from_fn(|seat| self.unused_expiry(seat));
        self.world.reserve(user, seats, expires, rules)
    }

    /// The smallest attempt id that nothing can mention any more. Only such ids are used again, so that no late step
    /// can mistake one attempt for another; the old attempt's row is removed.
    pub(crate) fn new_attempt(&mut self) -> Option<AttemptId> {
        let mut is_used = [false; ATTEMPTS_MAX];
        self.attempts().for_each(|attempt| is_used[usize::from(attempt)] = true);
        let free = is_used.iter().position(|is_used| !is_used)?;
        self.world.store.attempts[free] = AttemptOutcome::Unsettled;
        AttemptId::try_from(free).ok()
    }

    fn attempts(&self) -> impl Iterator<Item = AttemptId> + '_ {
        let processes = self.processes.iter().flatten();
        self.world.claiming_attempts().chain(processes.filter_map(Process::attempt))
    }

    pub(crate) fn unused_nonce(&self) -> Option<LeaseNonce> {
        let mut used = UsedIds::default();
        let mut copy = *self;
        copy.map_ids(&mut used);
        (0..LeaseNonce::MAX).find(|nonce| !used.nonces.contains(nonce))
    }

    fn unused_expiry(&self, seat: usize) -> Expiry {
        let mut used = UsedIds { seat, ..UsedIds::default() };
        let mut copy = *self;
        copy.map_ids(&mut used);
        (0..Expiry::MAX).find(|expiry| !used.expiries.contains(expiry)).unwrap_or_default()
    }

    pub(crate) fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        self.world.map_ids(symmetry);
        for process in self.processes.iter_mut().flatten() {
            process.map_ids(symmetry);
        }
    }
}

/// Collects the nonces, and the expiries of one seat.
#[derive(Default)]
struct UsedIds {
    seat: usize,
    nonces: Vec<LeaseNonce>,
    expiries: Vec<Expiry>,
}

impl Symmetry for UsedIds {
    fn nonce(&mut self, nonce: &mut LeaseNonce) {
        self.nonces.push(*nonce);
    }

    fn expiry(&mut self, seat: usize, expiry: &mut Expiry) {
        if seat == self.seat {
            self.expiries.push(*expiry);
        }
    }
}

const _: () = assert!(SEATS_MAX == 2 && PROCESSES_MAX == 4, "the symmetry of states is written for these");
