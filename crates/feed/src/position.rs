//! A place in a feed.

use std::{fmt, str::FromStr};

/// A place in a feed: what stands at it and before it is known. Feeds are in the order of positions. As text it is
/// `transaction-row`, both decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    pub(crate) transaction_id: i64,
    pub(crate) row_id: i64,
}

/// The text names no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a feed")]
pub struct NoPosition;

impl Position {
    /// Before the first entry.
    pub const START: Self = Self { transaction_id: 0, row_id: 0 };

    /// The position of a row. Transaction ids count up from 3 and rows from 1, so neither comes near the end of 63 bits.
    pub(crate) fn new(transaction_id: i64, row_id: i64) -> Self {
        Self { transaction_id, row_id }
    }

    /// The transaction that wrote the row.
    #[must_use]
    pub fn transaction_id(self) -> i64 {
        self.transaction_id
    }

    /// The row.
    #[must_use]
    pub fn row_id(self) -> i64 {
        self.row_id
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.transaction_id, self.row_id)
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (transaction_id, row_id) = text.split_once('-').ok_or(NoPosition)?;
        Ok(Self { transaction_id: number(transaction_id)?, row_id: number(row_id)? })
    }
}

/// Digits alone: the standard parser would take a sign too.
fn number(text: &str) -> Result<i64, NoPosition> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoPosition);
    }
    text.parse().map_err(|_| NoPosition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_what_it_wrote() {
        let position = Position::new(813, 55);
        assert_eq!(position.to_string().parse(), Ok(position));
    }

    #[test]
    fn positions_are_ordered_by_transaction_then_row() {
        assert!(Position::new(9, 100) < Position::new(10, 1));
        assert!(Position::new(10, 1) < Position::new(10, 2));
    }

    #[test]
    fn other_texts_are_no_positions() {
        for text in ["", "-", "1", "1-", "-1", "1--1", "+1-1", "1-1-1", " 1-1", "9223372036854775808-0"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text:?}");
        }
    }
}
