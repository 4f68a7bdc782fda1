//! What must be true after a run, and whether it is.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Expectation {
    /// What was checked.
    pub what: String,
    pub expected: String,
    pub found: String,
    pub holds: bool,
}

impl Expectation {
    pub(crate) fn counted(what: &str, expected: u64, found: u64) -> Self {
        let holds = expected == found;
        Self { what: what.to_owned(), expected: expected.to_string(), found: found.to_string(), holds }
    }

    /// The same, about a part of the scenario.
    pub(crate) fn of(self, part: impl std::fmt::Display) -> Self {
        Self { what: format!("{part}: {}", self.what), ..self }
    }
}
