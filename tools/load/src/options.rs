//! What a run does.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::Serialize;

use crate::client::Timeouts;

#[derive(Clone)]
pub struct Options {
    /// The gateway: `http://host:port`.
    pub url: String,
    pub scenario: ScenarioName,
    pub arrival: Arrival,
    /// How long clients arrive, after the warm-up.
    pub duration: Duration,
    /// How long clients arrive before anything is measured.
    pub warm_up: Duration,
    /// The same seed gives the same arrivals and choices.
    pub seed: u64,
    pub timeouts: Timeouts,
    /// Whether what changes something has an idempotency key, and is sent again if its outcome is unknown or nothing was done.
    pub keys: bool,
    /// Creates what a scenario needs. Without an admin, only scenarios that need nothing can run.
    pub admin: Option<LogIn>,
    pub accounts: AccountOptions,
    pub sale: SaleOptions,
    /// How many events `browse` finds at least.
    pub events: u32,
    /// The share of log-ins with a wrong password in `login-storm`, from 0 to 1.
    pub wrong_password_share: f64,
    pub mix: Mix,
    /// A file to which the calls are appended for `booked verify`.
    pub history: Option<PathBuf>,
    /// Whether the events that were created are deleted at the end.
    pub clean_up: bool,
}

#[derive(Clone)]
pub struct LogIn {
    pub email: String,
    pub password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// Independently of how slow the answers are (a Poisson process).
    Open {
        /// Iterations per second, on average.
        rate_per_s: f64,
        /// Iterations that are open at once. Those that arrive beyond that are counted and not started.
        open_max: usize,
    },
    /// This many at once; each starts again when it is done.
    Closed { users: usize },
}

/// The accounts that clients use. They are created once, and found again by their emails.
#[derive(Clone)]
pub struct AccountOptions {
    /// If more iterations are open, they share accounts.
    pub count: usize,
    /// Their emails begin with this.
    pub prefix: String,
    pub password: String,
    /// How many are registered or logged in concurrently.
    pub concurrency: usize,
    /// A file that stores their tokens for the next run.
    pub tokens: Option<PathBuf>,
}

#[derive(Clone, Copy)]
pub struct SaleOptions {
    /// Of the event that goes on sale in `onsale`.
    pub seats: u32,
    /// Each buys from one to this many seats.
    pub count_max: u32,
    /// How many tickets of the event in `onsale` one buyer may hold and have; none: any number.
    pub max_per_buyer: Option<u32>,
    /// How long a buyer thinks between reserving and booking, on average; each scenario has its own default.
    pub think: Option<Duration>,
    /// The share of buyers who reserve and never book in `onsale`, from 0 to 1.
    pub abandon_share: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioName {
    /// Many buyers, one event: reserve, think, book; some abandon.
    Onsale,
    /// Pages of events and single events.
    Browse,
    /// Reserve, book and cancel with enough seats for everyone.
    Checkout,
    /// Everyone cancels and buys again.
    CancelStorm,
    /// Log-ins, some with a wrong password.
    LoginStorm,
    /// Several of the others, by weight.
    Mixed,
}

impl ScenarioName {
    pub const ALL: [Self; 6] =
        [Self::Onsale, Self::Browse, Self::Checkout, Self::CancelStorm, Self::LoginStorm, Self::Mixed];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Onsale => "onsale",
            Self::Browse => "browse",
            Self::Checkout => "checkout",
            Self::CancelStorm => "cancel-storm",
            Self::LoginStorm => "login-storm",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for ScenarioName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScenarioName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| format!("is not one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// Weights of scenarios, read from `browse=70,checkout=30`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(pub(crate) Vec<(ScenarioName, u32)>);

impl Default for Mix {
    /// A day with a sale: most browse, some buy.
    fn default() -> Self {
        use ScenarioName::{Browse, CancelStorm, Checkout, LoginStorm, Onsale};
        Self(vec![(Browse, 70), (Onsale, 15), (Checkout, 10), (CancelStorm, 4), (LoginStorm, 1)])
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut weights: Vec<(ScenarioName, u32)> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.split_once('=').ok_or("must be like browse=70,checkout=30")?;
            let name: ScenarioName = name.trim().parse()?;
            if name == ScenarioName::Mixed || weights.iter().any(|(other, _)| *other == name) {
                return Err(format!("{name} cannot be part of a mix, or is already"));
            }
            match weight.trim().parse() {
                Ok(weight @ 1..=1_000_000) => weights.push((name, weight)),
                _ => return Err("a weight must be from 1 to 1,000,000".to_owned()),
            }
        }
        Ok(Self(weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_names_each_scenario_once_with_its_weight() {
        let mix: Mix = "browse=70, checkout=30".parse().unwrap();
        assert_eq!(mix, Mix(vec![(ScenarioName::Browse, 70), (ScenarioName::Checkout, 30)]));
        for wrong in ["", "browse", "browse=0", "mixed=1", "browse=1,browse=2", "sale=1"] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong} was accepted");
        }
    }

    #[test]
    fn a_scenario_is_read_as_it_is_written() {
        for name in ScenarioName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
    }
}
