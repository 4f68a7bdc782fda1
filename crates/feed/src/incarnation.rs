//! Which life of a feed positions belong to.

use crate::Position;

/// An incarnation, read. As text it is the life of the database's server, and, once rows were archived, how often and up to
/// which position: `7412…-16384-00000001/2/105`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incarnation<'a> {
    /// The life of the database's server: within it nothing that was shown is lost, and what is archived is still told.
    pub(crate) life: &'a str,
    /// Whoever is not yet here may have read a part of what was archived, and a part of what took its place.
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
