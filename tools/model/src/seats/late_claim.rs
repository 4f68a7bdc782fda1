//! A claim whose reply was lost (`Failure::Unknown`) and that Valkey carries out at any later time, while the process
//! that sent it continues without it.

use super::{
    ids::{AttemptId, Seats, Symmetric, Symmetry, User},
    rules::Rules,
    seat::ClaimKind,
    world::World,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum LateClaim {
    Book { user: User, attempt: AttemptId, seats: Seats },
    Cancel { attempt: AttemptId, seats: Seats },
}

impl LateClaim {
    pub(crate) fn run(self, world: &mut World, rules: Rules) {
        match self {
            Self::Book { user, attempt, seats } => {
                world.claim(user, attempt, seats, rules);
            }
            Self::Cancel { attempt, seats } => {
                world.claim_sold(attempt, ClaimKind::Cancel, seats, rules);
            }
        }
    }

    pub(crate) fn attempt(&self) -> AttemptId {
        let (Self::Book { attempt, .. } | Self::Cancel { attempt, .. }) = self;
        *attempt
    }

    pub(crate) fn attempt_mut(&mut self) -> &mut AttemptId {
        let (Self::Book { attempt, .. } | Self::Cancel { attempt, .. }) = self;
        attempt
    }
}

impl Symmetric for LateClaim {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        let (Self::Book { attempt, seats, .. } | Self::Cancel { attempt, seats }) = self;
        symmetry.attempt(attempt);
        symmetry.seats(seats);
        if let Self::Book { user, .. } = self {
            symmetry.user(user);
        }
    }
}
