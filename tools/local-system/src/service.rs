//! The five that make up the system.

use std::{fmt, str::FromStr};

/// One of the five programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Accounts and tokens.
    User,
    /// What takes place, when and where.
    Event,
    /// Seats, holds, bookings and the waitlist.
    Ticketing,
    /// Counts.
    Analytics,
    /// The public face.
    Gateway,
}

impl Service {
    /// All five, the gateway last.
    pub const ALL: [Self; 5] = [Self::User, Self::Event, Self::Ticketing, Self::Analytics, Self::Gateway];

    /// The four behind the gateway, each with a database of its own.
    pub const BEHIND_GATEWAY: [Self; 4] = [Self::User, Self::Event, Self::Ticketing, Self::Analytics];

    /// `ticketing`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Event => "event",
            Self::Ticketing => "ticketing",
            Self::Analytics => "analytics",
            Self::Gateway => "gateway",
        }
    }

    /// The package and its program, `booked-ticketing`.
    #[must_use]
    pub fn program(self) -> String {
        format!("booked-{}", self.name())
    }

    /// The name of its database, `booked_ticketing`.
    #[must_use]
    pub fn database(self) -> String {
        format!("booked_{}", self.name())
    }
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|service| service.name() == text);
        known.ok_or_else(|| format!("{text:?} is none of user, event, ticketing, analytics"))
    }
}
