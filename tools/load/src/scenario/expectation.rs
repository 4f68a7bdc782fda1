//! What must be true after a run, and whether it is.

use serde::Serialize;

/// Something that must be true afterwards.
#[derive(Debug, Serialize)]
pub struct Expectation {
    /// What was looked at.
    pub what: String,
    /// What it must be.
    pub expected: String,
    /// What it is.
    pub found: String,
    /// Whether it is as it must be.
    pub holds: bool,
}

impl Expectation {
    pub(crate) fn counted(what: &str, expected: u64, found: u64) -> Self {
        let holds = expected == found;
        Self { what: what.to_owned(), expected: expected.to_string(), found: found.to_string(), holds }
    }

    /// The same, said of a part of the whole.
    pub(crate) fn of(self, part: impl std::fmt::Display) -> Self {
        Self { what: format!("{part}: {}", self.what), ..self }
    }
}
