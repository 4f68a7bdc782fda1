//! The rows of the waitlist, and the rules of `domain/waitlist.rs`.

use crate::guards::{Guard, Guards};

pub(crate) type User = u8;

pub(super) const USERS: User = 2;
pub(super) const USERS_MAX: usize = 2;
pub(super) const SEATS: u8 = 2;

/// `SaleState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sale {
    pub(super) epoch: u8,
    pub(super) freed: u8,
    pub(super) free_now: u8,
}

/// `Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) epoch: u8,
    pub(super) freed: u8,
}

impl From<Sale> for Seen {
    fn from(Sale { epoch, freed, .. }: Sale) -> Self {
        Self { epoch, freed }
    }
}

/// The rows of `waitlists` and `waitlist_entries`, and the event's own as far as they matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct List {
    pub(super) seen: Option<Seen>,
    /// In the order of numbers.
    pub(super) entries: [Option<User>; USERS_MAX],
    pub(super) deleted: bool,
    pub(super) purged: bool,
}

impl List {
    pub(super) fn anybody_waits(&self) -> bool {
        self.entries[0].is_some()
    }

    /// Puts a user at the end, once.
    pub(super) fn add(&mut self, user: User) {
        if !self.entries.contains(&Some(user))
            && let Some(end) = self.entries.iter_mut().find(|entry| entry.is_none())
        {
            *end = Some(user);
        }
    }

    /// Ends the wait of these; `false` where one did not wait any more.
    pub(super) fn end(&mut self, told: [u8; USERS_MAX]) -> bool {
        let was_told = |user: User| told[usize::from(user)] > 0;
        let have_waited =
            (0..USERS).filter(|user| was_told(*user)).all(|user| self.entries.contains(&Some(user)));
        let mut left = self.entries.into_iter().flatten().filter(|user| !was_told(*user));
        self.entries = std::array::from_fn(|_| left.next());
        have_waited
    }
}

/// As many as a user wants: one more than the user's number.
pub(super) fn wanted(user: User) -> u8 {
    user + 1
}

/// `seats_to_announce`.
pub(super) fn seats_to_announce(now: Sale, seen: Option<Seen>, guards: Guards) -> u8 {
    let counts = |seen: &Seen| seen.epoch == now.epoch || !guards.has(Guard::SeenOfThisMap);
    let since = match seen.filter(counts) {
        Some(seen) => now.freed.saturating_sub(seen.freed),
        None => now.free_now,
    };
    if guards.has(Guard::AnnouncesWhatIsFree) { since.min(now.free_now) } else { since }
}

/// `whom_to_tell`: the seats that each user is told of.
pub(super) fn whom_to_tell(seats: u8, entries: &[Option<User>; USERS_MAX]) -> [u8; USERS_MAX] {
    let (mut left, mut told) = (seats, [0; USERS_MAX]);
    for user in entries.iter().flatten() {
        let share = left.min(wanted(*user));
        left -= share;
        told[usize::from(*user)] = share;
    }
    told
}
