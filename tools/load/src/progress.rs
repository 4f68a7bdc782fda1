//! What a run is doing, for a live display.

use std::sync::Arc;

use crate::report::Second;

/// Is called with each step of a run, and at the end of each second.
pub type OnProgress = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

pub enum Progress<'a> {
    /// What is being prepared or finished.
    Step(&'a str),
    Second {
        row: &'a Second,
        /// How many seconds there will be.
        of: u64,
        /// Iterations that are open.
        open: usize,
    },
}
