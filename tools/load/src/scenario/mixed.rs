//! `mixed`: several scenarios at once, each as often as its weight says.

use async_trait::async_trait;
use rand::Rng;

use super::{Scenario, expectation::Expectation, setup::Setup};
use crate::{options::ScenarioName, run::Iteration};

pub(super) struct Mixed {
    parts: Vec<Part>,
    weights: u32,
}

struct Part {
    name: ScenarioName,
    scenario: Box<dyn Scenario>,
    /// The sum of its own weight and all weights before it.
    cumulative_weight: u32,
}

impl Mixed {
    /// Each with its weight.
    pub(super) fn new(scenarios: Vec<(ScenarioName, u32, Box<dyn Scenario>)>) -> Self {
        let mut weights = 0;
        let part = |(name, weight, scenario)| {
            weights += weight;
            Part { name, scenario, cumulative_weight: weights }
        };
        let parts = scenarios.into_iter().map(part).collect();
        Self { parts, weights }
    }
}

#[async_trait]
impl Scenario for Mixed {
    async fn iterate(&self, iteration: &mut Iteration) {
        let drawn = iteration.random.random_range(0..self.weights);
        if let Some(part) = self.parts.iter().find(|part| drawn < part.cumulative_weight) {
            part.scenario.iterate(iteration).await;
        }
    }

    async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        let mut expectations = Vec::new();
        for Part { name, scenario, .. } in &self.parts {
            expectations.extend(scenario.expectations(setup).await.into_iter().map(|it| it.of(name)));
        }
        expectations
    }
}
