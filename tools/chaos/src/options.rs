//! What a run is to be.

use std::time::Duration;

/// What a run is to be.
#[derive(Clone, Debug)]
pub struct ChaosOptions {
    /// Makes the schedule of faults, and what each buyer wants.
    pub seed: u64,
    /// How long faults are injected.
    pub length: Duration,
    /// How long a reserved seat is held.
    pub hold: Duration,
    /// Buyers at a time.
    pub buyers: u32,
    /// The guard of the protocol that ticketing does without; its programs must have the feature `unguarded`.
    pub without: Option<String>,
}
