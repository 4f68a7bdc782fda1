//! What a siege is to be.

use booked_local_system::Service;

use crate::{attack::Attack, buyers::Shopping};

/// What a siege is to be.
#[derive(Clone, Debug)]
pub struct SiegeOptions {
    /// The attacks, one after the other.
    pub attacks: Vec<Attack>,
    /// How often the buyers are alone and beside an attack, in turns.
    pub rounds: u32,
    /// Buyers at a time.
    pub buyers: usize,
    /// What each buyer does in a turn.
    pub shopping: Shopping,
    /// How strong the attacks are: 100 is in full.
    pub percent: usize,
    /// What one connection of an attack sends in a turn at most.
    pub calls_max: usize,
    /// Further settings, which a short form needs.
    pub settings: Vec<(Service, String, String)>,
}
