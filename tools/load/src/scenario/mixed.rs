//! `mixed`: all scenarios at once, each as often as its weight says.

use rand::Rng;

use super::{Browse, CancelStorm, Checkout, LoginStorm, Onsale, setup::Setup};
use crate::{
    options::{Options, ScenarioName},
    report::Expectation,
    run::Iteration,
};

/// The parts that have a weight, and up to where each reaches in a row of all weights.
pub(crate) struct Mixed {
    parts: Vec<(u32, Part)>,
    weights: u32,
}

enum Part {
    Onsale(Onsale),
    Browse(Browse),
    Checkout(Checkout),
    CancelStorm(CancelStorm),
    LoginStorm(LoginStorm),
}

impl Mixed {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let (mut parts, mut weights) = (Vec::new(), 0);
        for (name, weight) in &options.mix.0 {
            let part = match name {
                ScenarioName::Onsale => Part::Onsale(Onsale::prepare(setup, options).await?),
                ScenarioName::Browse => Part::Browse(Browse::prepare(setup, options).await?),
                ScenarioName::Checkout => Part::Checkout(Checkout::prepare(setup, options).await?),
                ScenarioName::CancelStorm => Part::CancelStorm(CancelStorm::prepare(setup, options).await?),
                ScenarioName::LoginStorm => Part::LoginStorm(LoginStorm::prepare(setup, options).await?),
                ScenarioName::Mixed => anyhow::bail!("mixed is no part of itself"),
            };
            weights += weight;
            parts.push((weights, part));
        }
        Ok(Self { parts, weights })
    }

    pub(super) async fn iteration(&self, iteration: &mut Iteration) {
        let drawn = iteration.random.random_range(0..self.weights);
        match self.parts.iter().find(|(reach, _)| drawn < *reach) {
            Some((_, Part::Onsale(onsale))) => onsale.iteration(iteration).await,
            Some((_, Part::Browse(browse))) => browse.iteration(iteration).await,
            Some((_, Part::Checkout(checkout))) => checkout.iteration(iteration).await,
            Some((_, Part::CancelStorm(storm))) => storm.iteration(iteration).await,
            Some((_, Part::LoginStorm(storm))) => storm.iteration(iteration).await,
            None => {}
        }
    }

    pub(super) async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        let mut expectations = Vec::new();
        for (_, part) in &self.parts {
            let (name, of_part) = match part {
                Part::Onsale(onsale) => (ScenarioName::Onsale, onsale.expectations(setup).await),
                Part::Browse(browse) => (ScenarioName::Browse, browse.expectations()),
                Part::Checkout(checkout) => (ScenarioName::Checkout, checkout.expectations(setup).await),
                Part::CancelStorm(storm) => (ScenarioName::CancelStorm, storm.expectations(setup).await),
                Part::LoginStorm(storm) => (ScenarioName::LoginStorm, storm.expectations()),
            };
            expectations.extend(of_part.into_iter().map(|it| it.of(name)));
        }
        expectations
    }
}
