//! A seat as Valkey shows it, with the names of `domain/seat.rs`.

use super::ids::{AttemptId, Expiry, Symmetric, Symmetry, User};

/// The pair and its member of `holds`. When the time has passed the pair is gone, and the member waits for
/// `expire_holds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Hold {
    pub(crate) user: User,
    pub(crate) expires: Expiry,
    pub(crate) has_expired: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ClaimKind {
    Book,
    Cancel,
    Check,
}

/// Deadlines are not modeled: a claim may be found overdue at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Claim {
    pub(crate) attempt: AttemptId,
    pub(crate) kind: ClaimKind,
    /// The hold that `restore_hold` restores.
    pub(crate) hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SeatState {
    pub(crate) taken: bool,
    pub(crate) hold: Option<Hold>,
    pub(crate) claim: Option<Claim>,
}

impl SeatState {
    pub(crate) const SOLD: Self = Self { taken: true, hold: None, claim: None };

    /// The hold, even if a claim keeps it.
    pub(crate) fn any_hold(&self) -> Option<Hold> {
        self.hold.or(self.claim.and_then(|claim| claim.hold))
    }

    pub(crate) fn any_hold_mut(&mut self) -> Option<&mut Hold> {
        match &mut self.claim {
            Some(Claim { hold: Some(kept), .. }) => Some(kept),
            _ => self.hold.as_mut(),
        }
    }

    pub(crate) fn is_held_by(&self, user: User) -> bool {
        self.claim.is_none() && self.hold.is_some_and(|hold| hold.user == user && !hold.has_expired)
    }

    /// Taken, and neither held nor claimed: sold, as far as Valkey can tell.
    pub(crate) fn looks_sold(&self) -> bool {
        *self == Self::SOLD
    }
}

impl Symmetric for Hold {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.user(&mut self.user);
    }
}

impl SeatState {
    pub(crate) fn map_ids(&mut self, seat: usize, symmetry: &mut impl Symmetry) {
        if let Some(claim) = &mut self.claim {
            symmetry.attempt(&mut claim.attempt);
        }
        if let Some(hold) = self.any_hold_mut() {
            symmetry.expiry(seat, &mut hold.expires);
            hold.map_ids(symmetry);
        }
    }
}
