//! What a run is to do.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::Serialize;

use crate::client::Timeouts;

/// What a run is to do.
#[derive(Clone)]
pub struct Options {
    /// The gateway, `http://host:port`.
    pub url: String,
    /// What the clients do.
    pub scenario: ScenarioName,
    /// How they arrive.
    pub arrival: Arrival,
    /// How long they arrive for, after the warm-up.
    pub duration: Duration,
    /// How long they arrive before anything is measured.
    pub warm_up: Duration,
    /// Makes arrivals and choices the same again.
    pub seed: u64,
    /// How long they wait for answers.
    pub timeouts: Timeouts,
    /// The admin, who prepares what is needed; without one, only what needs nothing can be run.
    pub admin: Option<LogIn>,
    /// Who they are.
    pub accounts: AccountOptions,
    /// How they buy.
    pub sale: SaleOptions,
    /// Events that `browse` finds at least.
    pub events: u32,
    /// The share of log-ins with a wrong password in `login-storm`, 0 to 1.
    pub wrong_password_share: f64,
    /// What `mixed` is made of.
    pub mix: Mix,
    /// Where the calls are recorded for `booked verify`.
    pub history: Option<PathBuf>,
    /// Whether the events that were made are deleted at the end.
    pub clean_up: bool,
}

/// An account to log in with.
#[derive(Clone)]
pub struct LogIn {
    /// The account's email.
    pub email: String,
    /// Its password.
    pub password: String,
}

/// How clients arrive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// By themselves, however slow the answers are (Poisson).
    Open {
        /// On average so many iterations a second.
        rate_per_s: f64,
        /// So many iterations at a time at most; what arrives beyond them is counted and does not start.
        open_max: usize,
    },
    /// So many at a time, each begins again when it is through.
    Closed {
        /// How many.
        users: usize,
    },
}

/// The accounts that clients use. They are made once, and found again by their emails.
#[derive(Clone)]
pub struct AccountOptions {
    /// How many; where more iterations are open, they share.
    pub count: usize,
    /// What their emails begin with.
    pub prefix: String,
    /// The password of all of them.
    pub password: String,
    /// How many are registered or logged in at a time.
    pub concurrency: usize,
    /// A file that keeps their tokens for the next run.
    pub tokens: Option<PathBuf>,
}

/// How clients buy.
#[derive(Clone, Copy)]
pub struct SaleOptions {
    /// Seats of the event that goes on sale.
    pub seats: u32,
    /// Each buys one seat up to so many.
    pub count_max: u32,
    /// How long one thinks between reserving and booking, on average; each scenario has its own default.
    pub think: Option<Duration>,
    /// The share of those who reserve and never book in `onsale`, 0 to 1.
    pub abandon_share: f64,
}

/// What the clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScenarioName {
    /// Many buyers, one event: reserve, think, book; some abandon.
    Onsale,
    /// Pages of events and single events.
    Browse,
    /// Reserve, book and cancel where there is room for all.
    Checkout,
    /// Everybody cancels and buys again.
    CancelStorm,
    /// Log-ins, some with a wrong password.
    LoginStorm,
    /// All of them, by weight.
    Mixed,
}

impl ScenarioName {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Onsale, Self::Browse, Self::Checkout, Self::CancelStorm, Self::LoginStorm, Self::Mixed];

    /// As a person writes it.
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
        named.ok_or_else(|| format!("is none of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// Weights of scenarios, read from `browse=70,checkout=30`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(pub(crate) Vec<(ScenarioName, u32)>);

impl Default for Mix {
    /// A day with a sale: most look, some buy.
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
            let (name, weight) = part.split_once('=').ok_or("is not like browse=70,checkout=30")?;
            let name: ScenarioName = name.trim().parse()?;
            if name == ScenarioName::Mixed || weights.iter().any(|(other, _)| *other == name) {
                return Err(format!("{name} cannot be a part here, or is one already"));
            }
            match weight.trim().parse() {
                Ok(weight @ 1..=1_000_000) => weights.push((name, weight)),
                _ => return Err("a weight is 1 to 1,000,000".to_owned()),
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
