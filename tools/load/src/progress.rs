//! What a run is doing, for a live display.

use std::sync::Arc;

use crate::report::Second;

/// Is called with each step of a run, and at the end of each second.
pub type OnProgress = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// What is being done, for a live display.
pub enum Progress<'a> {
    /// Something is prepared or finished.
    Step(&'a str),
    /// A second is over.
    Second {
        /// What happened in it.
        row: &'a Second,
        /// How many of them there will be.
        of: u64,
        /// Iterations that are open.
        open: usize,
    },
}
