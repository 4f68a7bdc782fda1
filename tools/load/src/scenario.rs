//! What the clients do, scenario by scenario: what it needs beforehand, what an iteration does, what must be true afterwards.

mod browse;
mod cancel_storm;
mod checkout;
mod login_storm;
mod mixed;
mod nothing;
mod onsale;
mod sale_tally;
mod setup;

use crate::{
    options::{Options, ScenarioName},
    report::Expectation,
    run::Iteration,
};

pub use setup::OnProgress;
pub(crate) use setup::Setup;

use browse::Browse;
use cancel_storm::CancelStorm;
use checkout::Checkout;
use login_storm::LoginStorm;
use mixed::Mixed;
use nothing::Nothing;
use onsale::Onsale;

/// A scenario that is prepared.
pub(crate) enum Scenario {
    Onsale(Onsale),
    Browse(Browse),
    Checkout(Checkout),
    CancelStorm(CancelStorm),
    LoginStorm(LoginStorm),
    Mixed(Mixed),
    Nothing(Nothing),
}

impl Scenario {
    /// Makes what the scenario needs.
    pub(crate) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        Ok(match options.scenario {
            ScenarioName::Onsale => Self::Onsale(Onsale::prepare(setup, options).await?),
            ScenarioName::Browse => Self::Browse(Browse::prepare(setup, options).await?),
            ScenarioName::Checkout => Self::Checkout(Checkout::prepare(setup, options).await?),
            ScenarioName::CancelStorm => Self::CancelStorm(CancelStorm::prepare(setup, options).await?),
            ScenarioName::LoginStorm => Self::LoginStorm(LoginStorm::prepare(setup, options).await?),
            ScenarioName::Mixed => Self::Mixed(Mixed::prepare(setup, options).await?),
        })
    }

    /// Calls that mean nothing, for a server that does nothing.
    pub(crate) fn nothing(setup: &Setup) -> Self {
        Self::Nothing(Nothing::new(setup))
    }

    /// One iteration, from coming to going.
    pub(crate) async fn iteration(&self, iteration: &mut Iteration) {
        match self {
            Self::Onsale(onsale) => onsale.iteration(iteration).await,
            Self::Browse(browse) => browse.iteration(iteration).await,
            Self::Checkout(checkout) => checkout.iteration(iteration).await,
            Self::CancelStorm(storm) => storm.iteration(iteration).await,
            Self::LoginStorm(storm) => storm.iteration(iteration).await,
            Self::Mixed(mixed) => mixed.iteration(iteration).await,
            Self::Nothing(nothing) => nothing.iteration(iteration).await,
        }
    }

    /// What must be true when all iterations are over, and whether it is.
    pub(crate) async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        match self {
            Self::Onsale(onsale) => onsale.expectations(setup).await,
            Self::Browse(browse) => browse.expectations(),
            Self::Checkout(checkout) => checkout.expectations(setup).await,
            Self::CancelStorm(storm) => storm.expectations(setup).await,
            Self::LoginStorm(storm) => storm.expectations(),
            Self::Mixed(mixed) => mixed.expectations(setup).await,
            Self::Nothing(_) => Vec::new(),
        }
    }
}
