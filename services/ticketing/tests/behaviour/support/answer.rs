//! What somebody was answered, and what they should have been.

use std::time::Duration;

use serde_json::Value;

/// An answer, with who asked for what.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) question: String,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// Whether it says that it was given before.
    pub(crate) is_replay: bool,
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Answer {
    /// Status and code: `400 TICKET-02`, or the status alone if there is no error.
    pub(crate) fn said(&self) -> String {
        match self.json()["category_code"].as_str() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }

    /// Fails unless the answer is this one, as [`Answer::said`] writes it.
    #[track_caller]
    pub(crate) fn says(self, expected: &str) -> Self {
        self.says_one_of(&[expected])
    }

    /// Fails unless the answer is one of these.
    #[track_caller]
    pub(crate) fn says_one_of(self, expected: &[&str]) -> Self {
        let said = self.said();
        assert!(
            expected.contains(&said.as_str()),
            "{}: expected {}, was answered {said} {}",
            self.question,
            expected.join(" or "),
            self.text,
        );
        // The contract names the header for every 429 and 503, and for this code.
        let says_when = matches!(self.status, 429 | 503) || said.ends_with("IDEM-03");
        assert_eq!(self.retry_after.is_some(), says_when, "{}: Retry-After", self.question);
        self
    }

    /// Fails if the answer took longer.
    #[track_caller]
    pub(crate) fn within(self, limit: Duration) -> Self {
        assert!(self.took <= limit, "{}: answered after {:?}, not {limit:?}", self.question, self.took);
        self
    }

    /// The body; null if there is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}
