//! The options of a siege.

use std::time::Duration;

use booked_local_system::Service;

use crate::attack::Attack;

#[derive(Clone, Debug)]
pub struct SiegeOptions {
    /// They run one after the other.
    pub attacks: Vec<Attack>,
    /// How often the buyers buy alone and then during an attack.
    pub rounds: u32,
    /// How many buy at the same time.
    pub buyers: usize,
    pub shopping: Shopping,
    /// The strength of the attacks; 100 is full strength.
    pub percent: usize,
    /// How much one connection of an attack sends in a turn at most.
    pub calls_max: usize,
    /// Further settings, which a short siege needs.
    pub settings: Vec<(Service, String, String)>,
}

/// What each buyer does in a turn.
#[derive(Clone, Copy, Debug)]
pub struct Shopping {
    pub purchases: u32,
    /// Between the starts of two purchases, however long each takes.
    pub every: Duration,
    /// How long a purchase may take, with all its attempts; a longer one does not count.
    pub patience: Duration,
}
