//! A place in a feed.

use std::{fmt, str::FromStr};

/// A place in a feed: everything up to and including it has been read. Feeds are in the order of positions. A
/// position is the id of a row, and as text a decimal number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub(crate) i64);

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a feed")]
pub struct NoPosition;

impl Position {
    /// Before the first entry: rows count up from 1.
    pub const START: Self = Self(0);

    /// The id of the row.
    #[must_use]
    pub fn row_id(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    /// Digits only: the standard parser would also accept a sign.
    fn from_str(text: &str) -> Result<Self, NoPosition> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoPosition);
        }
        text.parse().map(Self).map_err(|_| NoPosition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_what_it_wrote() {
        let position = Position(813);
        assert_eq!(position.to_string().parse(), Ok(position));
    }

    #[test]
    fn other_texts_are_no_positions() {
        for text in ["", "-", "1-1", "-1", "+1", " 1", "1 ", "0x1", "9223372036854775808"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text:?}");
        }
    }
}
