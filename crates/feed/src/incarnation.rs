//! The life of a feed that its positions belong to.

use crate::Position;

/// A parsed incarnation. As text it is the life of the database's server, and, once rows have been archived, how
/// often that was done and up to which position: `7412…-16384-00000001/2/105`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incarnation<'a> {
    /// The life of the database's server: within one life nothing that was shown is lost, and what was archived is
    /// still represented by newest states and checkpoints.
    pub(crate) life: &'a str,
    /// A consumer that is not yet here may have read part of what was archived, and part of what replaced it.
    pub(crate) archived_up_to: Position,
}

impl<'a> Incarnation<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let Some((life, archived)) = text.split_once('/') else {
            return Self { life: text, archived_up_to: Position::START };
        };
        let up_to = archived.rsplit('/').next().and_then(|position| position.parse().ok());
        Self { life, archived_up_to: up_to.unwrap_or(Position(i64::MAX)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_archived_follows_the_life() {
        for (text, life, archived_up_to) in [
            ("7-1-00000001", "7-1-00000001", Position::START),
            ("7-1-00000001/2/105", "7-1-00000001", Position(105)),
            ("", "", Position::START),
            ("of a later release/2/up to 105", "of a later release", Position(i64::MAX)),
        ] {
            assert_eq!(Incarnation::of(text), Incarnation { life, archived_up_to }, "{text:?}");
        }
    }
}
