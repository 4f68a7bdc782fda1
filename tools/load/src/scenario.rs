//! What the clients do: what a scenario needs beforehand, what one iteration does, and what must be true afterwards.

mod browse;
mod cancel_storm;
mod catalog;
mod checkout;
pub(crate) mod expectation;
mod login_storm;
mod mixed;
mod nothing;
mod onsale;
mod sale_tally;
mod setup;

use async_trait::async_trait;

pub(crate) use self::{catalog::prepare, nothing::Nothing, setup::Setup};
use crate::run::Iteration;
use expectation::Expectation;

/// A scenario that is prepared.
#[async_trait]
pub(crate) trait Scenario: Send + Sync {
    /// One iteration, from arrival to departure.
    async fn iterate(&self, iteration: &mut Iteration);

    /// What must be true when all iterations are over, and whether it is.
    async fn expectations(&self, _setup: &Setup) -> Vec<Expectation> {
        Vec::new()
    }
}
