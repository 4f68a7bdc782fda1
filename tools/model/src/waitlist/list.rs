//! The rows of the waitlist, and the rules of `domain/waitlist.rs`.

use crate::guards::{Guard, Guards};

pub(crate) type User = u8;

pub(super) const USERS: User = 2;
pub(super) const USERS_MAX: usize = 2;
pub(super) const SEATS: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SaleState {
    pub(super) epoch: u8,
    pub(super) freed: u8,
    pub(super) free_now: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Watermark {
    pub(super) epoch: u8,
    pub(super) freed: u8,
}

impl From<SaleState> for Watermark {
    fn from(SaleState { epoch, freed, .. }: SaleState) -> Self {
        Self { epoch, freed }
    }
}

/// The rows of `waitlists` and `waitlist_entries`, and of the event's row what matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct List {
    pub(super) watermark: Option<Watermark>,
    /// In the order of their numbers.
    pub(super) entries: [Option<User>; USERS_MAX],
    pub(super) deleted: bool,
    pub(super) purged: bool,
}

impl List {
    pub(super) fn anybody_waits(&self) -> bool {
        self.entries[0].is_some()
    }

    /// Adds a user at the end, unless they wait already.
    pub(super) fn add(&mut self, user: User) {
        if !self.entries.contains(&Some(user))
            && let Some(end) = self.entries.iter_mut().find(|entry| entry.is_none())
        {
            *end = Some(user);
        }
    }

    /// Ends the wait of users who were allocated seats; `false` if one of them no longer waited.
    pub(super) fn end(&mut self, allocated: [u8; USERS_MAX]) -> bool {
        let is_notified = |user: User| allocated[usize::from(user)] > 0;
        let have_waited =
            (0..USERS).filter(|user| is_notified(*user)).all(|user| self.entries.contains(&Some(user)));
        let mut left = self.entries.into_iter().flatten().filter(|user| !is_notified(*user));
        self.entries = std::array::from_fn(|_| left.next());
        have_waited
    }
}

/// How many seats a user wants: one more than the user's number.
pub(super) fn wanted(user: User) -> u8 {
    user + 1
}

pub(super) fn seats_to_offer(now: SaleState, watermark: Option<Watermark>, guards: Guards) -> u8 {
    let counts = |seen: &Watermark| seen.epoch == now.epoch || !guards.has(Guard::WatermarkOfThisInventory);
    let since = match watermark.filter(counts) {
        Some(seen) => now.freed.saturating_sub(seen.freed),
        None => now.free_now,
    };
    if guards.has(Guard::OffersWhatIsFree) { since.min(now.free_now) } else { since }
}

/// How many of these seats each user is offered.
pub(super) fn allocate(seats: u8, entries: &[Option<User>; USERS_MAX]) -> [u8; USERS_MAX] {
    let (mut left, mut allocated) = (seats, [0; USERS_MAX]);
    for user in entries.iter().flatten() {
        let share = left.min(wanted(*user));
        left -= share;
        allocated[usize::from(*user)] = share;
    }
    allocated
}
