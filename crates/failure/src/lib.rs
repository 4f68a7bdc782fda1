//! What a failed call to a dependency means: this alone decides what may be done next.
//!
//! This is where invariant 5 lives, *only a definite refusal restores*:
//!
//! - [`Failure::NotDone`]: surely nothing was done. The dependency could not be reached, had no capacity, or lost the
//!   call before it could have an effect. What was prepared for it may be undone, and the client is asked to try
//!   again (SYS-07).
//! - [`Failure::Refused`]: surely nothing was done, and the same call will be refused again. What was prepared may be
//!   undone (DB-01, DB-02, DB-03).
//! - [`Failure::Unknown`]: the call was sent and not answered, so it may have been done, or may be done later. That
//!   is no reason to undo anything: the attempt must first be settled permanently (a void in Postgres), or left to
//!   the janitor. The client is told that it may have been done (SYS-08).
//! - [`Failure::Repeated`]: surely nothing was done by this call, since another one with the same idempotency key comes
//!   before it, and is under way or done (IDEM-03).
//!
//! What a dependency said is changed in only three places, each a method that says why it may:
//!
//! - [`Failure::after_some_effect`]: an earlier step of the same use case may have had an effect, so any failure is
//!   *unknown*.
//! - [`Failure::harmless`]: nobody relies on the effect of the call (above all if it only reads), so *unknown* counts
//!   as *not done*.
//! - [`Failure::voided`]: the attempt has been settled as void since, so what was *unknown* is surely *not done*.
//!
//! The idea of one error that says who failed and whether a retry helps comes from pingora-error; the three outcomes
//! are those of Jepsen's histories (ok, fail, info).

#![warn(missing_docs)]

use std::{error::Error, fmt};

/// A call to a dependency failed. The cause is for the log, never for a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Surely nothing was done; the same call may succeed later.
    #[error("{} is not available: {}", .0.dependency, .0.text)]
    NotDone(Cause),
    /// Surely nothing was done; the same call will be refused again.
    #[error("{} refused: {}", .1.dependency, .1.text)]
    Refused(During, Cause),
    /// It may have been done, or may be done later.
    #[error("{} left the outcome unknown: {}", .0.dependency, .0.text)]
    Unknown(Cause),
    /// Surely nothing was done by this call: another one with the same idempotency key comes first.
    #[error("{} knows the key already: {}", .0.dependency, .0.text)]
    Repeated(Cause),
}

/// What kind of call was refused; it decides the error code that a client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum During {
    /// Reading (DB-01).
    Read,
    /// Writing one thing (DB-02).
    Write,
    /// A transaction over several things (DB-03).
    Transaction,
}

/// Which dependency failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    dependency: &'static str,
    text: String,
}

impl Failure {
    /// Surely nothing was done by this dependency.
    #[must_use]
    pub fn not_done(dependency: &'static str, cause: impl fmt::Display) -> Self {
        Self::NotDone(Cause::new(dependency, cause))
    }

    /// The dependency refused.
    #[must_use]
    pub fn refused(dependency: &'static str, during: During, cause: impl fmt::Display) -> Self {
        Self::Refused(during, Cause::new(dependency, cause))
    }

    /// It is not known whether the dependency did it.
    #[must_use]
    pub fn unknown(dependency: &'static str, cause: impl fmt::Display) -> Self {
        Self::Unknown(Cause::new(dependency, cause))
    }

    /// Another call with the same idempotency key comes first.
    #[must_use]
    pub fn repeated(dependency: &'static str, cause: impl fmt::Display) -> Self {
        Self::Repeated(Cause::new(dependency, cause))
    }

    /// *Unknown* becomes *not done*, for a call whose effect nobody relies on: a read, a lease that ends on its own, an
    /// inventory that is only loaded once more. Whether such a call was carried out makes no difference to anyone.
    #[must_use]
    pub fn harmless(self) -> Self {
        match self {
            Self::Unknown(cause) => Self::NotDone(cause),
            known => known,
        }
    }

    /// *Unknown* becomes *not done*, since the attempt was voided afterwards: it can never be done anymore.
    #[must_use]
    pub fn voided(self) -> Self {
        self.harmless()
    }

    /// Any failure becomes *unknown*, for a step that follows another one which may have had an effect.
    #[must_use]
    pub fn after_some_effect(self) -> Self {
        match self {
            Self::NotDone(cause) | Self::Refused(_, cause) | Self::Unknown(cause) | Self::Repeated(cause) => {
                Self::Unknown(cause)
            }
        }
    }

    /// The same failure as the dependency's caller describes it: `text`, followed by the cause so far as the
    /// explanation.
    #[must_use]
    pub fn while_doing(mut self, text: impl fmt::Display) -> Self {
        let (Self::NotDone(cause) | Self::Refused(_, cause) | Self::Unknown(cause) | Self::Repeated(cause)) =
            &mut self;
        cause.text = format!("{text}: {}", cause.text);
        self
    }

    /// The same failure, but with this as what was refused: a use case that promises one error code for all of its
    /// steps sets it here.
    #[must_use]
    pub fn during(self, during: During) -> Self {
        match self {
            Self::Refused(_, cause) => Self::Refused(during, cause),
            other => other,
        }
    }

    /// The dependency that failed.
    #[must_use]
    pub fn dependency(&self) -> &'static str {
        let (Self::NotDone(cause) | Self::Refused(_, cause) | Self::Unknown(cause) | Self::Repeated(cause)) =
            self;
        cause.dependency
    }

    /// The name by which metrics count it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotDone(_) => "unavailable",
            Self::Refused(..) => "refused",
            Self::Unknown(_) => "unknown",
            Self::Repeated(_) => "repeated",
        }
    }
}

impl Cause {
    fn new(dependency: &'static str, text: impl fmt::Display) -> Self {
        Self { dependency, text: text.to_string() }
    }
}

/// An error with its causes, `outer: inner: innermost`, since many errors print only their outermost message.
#[must_use]
pub fn display_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unknown_is_weakened_by_being_harmless() {
        assert_eq!(
            Failure::unknown("Valkey", "no answer").harmless(),
            Failure::not_done("Valkey", "no answer")
        );
        let refused = Failure::refused("Postgres", During::Read, "no such table");
        assert_eq!(refused.clone().harmless(), refused);
    }

    #[test]
    fn after_some_effect_nothing_is_known_to_be_undone() {
        let unknown = Failure::unknown("Postgres", "down");
        for failure in [
            Failure::not_done("Postgres", "down"),
            Failure::refused("Postgres", During::Transaction, "down"),
            Failure::unknown("Postgres", "down"),
        ] {
            assert_eq!(failure.after_some_effect(), unknown);
        }
    }

    #[test]
    fn a_failure_names_its_dependency_and_every_cause() {
        let failure = Failure::not_done("Valkey", "connection refused").while_doing("claiming");
        assert_eq!(failure.to_string(), "Valkey is not available: claiming: connection refused");
        assert_eq!(failure.dependency(), "Valkey");
        assert_eq!(display_chain(&failure), failure.to_string());
    }
}
