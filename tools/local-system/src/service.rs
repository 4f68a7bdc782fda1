//! The components of the system: the four services, and the gateway in front of them.

use std::{fmt, str::FromStr};

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

/// What it takes to run a component.
struct Component {
    name: &'static str,
    has_database: bool,
    uses_valkey: bool,
    /// Whom it calls: it has a setting `<NAME>_URL` for each.
    calls: &'static [Service],
}

impl Service {
    /// All components, the gateway last.
    pub const ALL: [Self; 5] = [Self::User, Self::Event, Self::Ticketing, Self::Analytics, Self::Gateway];

    /// The table from which everything else is derived.
    const fn component(self) -> Component {
        match self {
            Self::User => Component { name: "user", has_database: true, uses_valkey: false, calls: &[] },
            Self::Event => {
                Component { name: "event", has_database: true, uses_valkey: false, calls: &[Self::Ticketing] }
            }
            Self::Ticketing => Component {
                name: "ticketing",
                has_database: true,
                uses_valkey: true,
                calls: &[Self::Event, Self::User],
            },
            Self::Analytics => Component {
                name: "analytics",
                has_database: true,
                uses_valkey: false,
                calls: &[Self::Ticketing],
            },
            Self::Gateway => Component {
                name: "gateway",
                has_database: false,
                uses_valkey: false,
                calls: &[Self::User, Self::Event, Self::Ticketing, Self::Analytics],
            },
        }
    }

    /// `ticketing`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.component().name
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

    pub(crate) fn has_database(self) -> bool {
        self.component().has_database
    }

    /// All that have a database.
    pub(crate) fn with_database() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|service| service.has_database())
    }

    pub(crate) fn uses_valkey(self) -> bool {
        self.component().uses_valkey
    }

    /// The components that it calls.
    #[must_use]
    pub fn calls(self) -> &'static [Self] {
        self.component().calls
    }

    /// The setting that tells its callers where it is, `TICKETING_URL`.
    pub(crate) fn url_setting(self) -> String {
        format!("{}_URL", self.name().to_uppercase())
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
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("{text:?} is none of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Service;

    #[test]
    fn the_table_agrees_with_the_list_of_components() {
        let lines = include_str!("../../../deploy/components").lines().filter(|line| !line.starts_with('#'));
        let listed: BTreeMap<&str, (bool, bool)> = lines
            .filter_map(|line| {
                let mut columns = line.split_whitespace();
                let name = columns.next()?;
                let flags: Vec<&str> = columns.collect();
                Some((name, (flags.contains(&"database"), flags.contains(&"valkey"))))
            })
            .collect();
        let table = Service::ALL.map(|it| (it.name(), (it.has_database(), it.uses_valkey())));
        assert_eq!(BTreeMap::from(table), listed);
    }
}
