//! What every benchmark needs.

use std::path::PathBuf;

use booked_local_system::Binaries;

use crate::{settings::Effort, tools::Tools};

pub struct BenchContext {
    pub binaries: Binaries,
    pub tools: Tools,
    pub effort: Effort,
    /// For the data of the systems.
    pub folder: PathBuf,
}
