//! The options of a run.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct ChaosOptions {
    /// Determines the schedule of faults and the choices of each buyer.
    pub seed: u64,
    /// How long faults are injected.
    pub length: Duration,
    /// How long a reserved seat is held.
    pub hold: Duration,
    /// How many buy at the same time.
    pub buyers: u32,
    /// A guard of the protocol that ticketing is to skip. Its program must be built with the feature `unguarded`.
    pub without: Option<String>,
}
