//! The attacks and their names.

use std::{fmt, str::FromStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// A good request, then a part of another one.
    HalfHeads,
    /// Connections that send one request and stay open.
    IdleConnections,
    /// Bodies that are sent byte by byte.
    SlowBodies,
    /// Large bodies without their last byte.
    LargeBodies,
    /// Requests without reading the responses.
    UnreadAnswers,
    /// Log-ins with made-up emails, from one address.
    LogInFlood,
    /// Log-ins with real accounts, from one address.
    AccountFlood,
    /// Guesses of one account's password, from several addresses.
    Guessing,
    /// One account that reserves without pause.
    HoardingByOne,
    /// Many accounts that reserve without pause.
    HoardingByMany,
    /// One account that cancels without pause.
    CancelsOfOne,
    /// One account that joins a waitlist without pause.
    WaitlistOfOne,
    /// Bookings and releases of a thousand made-up events.
    MadeUpEvents,
    /// Ten times more requests than fit.
    Overload,
    /// Many clients that send, and send again, at the same instant.
    RetriesInStep,
    /// Listings, each of another page.
    DifferentPages,
}

impl Attack {
    pub const ALL: [Self; 16] = [
        Self::HalfHeads,
        Self::IdleConnections,
        Self::SlowBodies,
        Self::LargeBodies,
        Self::UnreadAnswers,
        Self::LogInFlood,
        Self::AccountFlood,
        Self::Guessing,
        Self::HoardingByOne,
        Self::HoardingByMany,
        Self::CancelsOfOne,
        Self::WaitlistOfOne,
        Self::MadeUpEvents,
        Self::Overload,
        Self::RetriesInStep,
        Self::DifferentPages,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HalfHeads => "half-heads",
            Self::IdleConnections => "idle-connections",
            Self::SlowBodies => "slow-bodies",
            Self::LargeBodies => "large-bodies",
            Self::UnreadAnswers => "unread-answers",
            Self::LogInFlood => "login-flood",
            Self::AccountFlood => "account-flood",
            Self::Guessing => "guessing",
            Self::HoardingByOne => "hoarding-by-one",
            Self::HoardingByMany => "hoarding-by-many",
            Self::CancelsOfOne => "cancels-of-one",
            Self::WaitlistOfOne => "waitlist-of-one",
            Self::MadeUpEvents => "made-up-events",
            Self::Overload => "overload",
            Self::RetriesInStep => "retries-in-step",
            Self::DifferentPages => "different-pages",
        }
    }

    #[must_use]
    pub fn targets_log_ins(self) -> bool {
        matches!(self, Self::LogInFlood | Self::AccountFlood | Self::Guessing)
    }

    /// A number for its addresses, so that the limits which one attack has used up do not protect from the next one.
    pub(super) fn number(self) -> u8 {
        let place = Self::ALL.iter().position(|it| *it == self);
        place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Attack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|attack| attack.as_str() == text);
        found.ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attack_is_found_by_its_name_and_has_its_own_number() {
        for (place, attack) in Attack::ALL.into_iter().enumerate() {
            assert_eq!(attack.as_str().parse(), Ok(attack));
            assert_eq!(usize::from(attack.number()), place);
        }
        assert!("everything".parse::<Attack>().is_err());
    }
}
