//! What all benchmarks need.

use std::path::PathBuf;

use booked_local_system::Binaries;

use crate::{settings::Effort, tools::Tools};

/// What all subjects need.
pub struct Bench {
    pub binaries: Binaries,
    pub tools: Tools,
    pub effort: Effort,
    /// Where the systems keep their data.
    pub folder: PathBuf,
}
