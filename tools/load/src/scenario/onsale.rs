//! `onsale`: many buyers, one event. Each reserves, thinks, and books, or abandons the hold.
//! Of an event with a limit for each buyer, what goes beyond it is refused.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rand::Rng;

use super::{Scenario, expectation::Expectation, sale_tally::SaleTally, setup::Setup};
use crate::{
    accounts::Accounts,
    options::{Options, SaleOptions},
    run::Iteration,
};

const THINK: Duration = Duration::from_millis(500);

pub(super) struct Onsale {
    accounts: Arc<Accounts>,
    tally: SaleTally,
    sale: SaleOptions,
}

impl Onsale {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let accounts = setup.accounts().await?;
        let SaleOptions { seats, max_per_buyer, .. } = options.sale;
        let event = setup.new_event_with_limit(seats, max_per_buyer).await?;
        let tally = SaleTally::new(event, seats).with_limit(max_per_buyer);
        Ok(Self { accounts, tally, sale: options.sale })
    }
}

#[async_trait]
impl Scenario for Onsale {
    async fn iterate(&self, iteration: &mut Iteration) {
        let account = self.accounts.lease();
        let count = iteration.random.random_range(1..=self.sale.count_max);
        let Some(hold) = self.tally.reserve(iteration, account.session(), count).await else { return };
        iteration.think(self.sale.think.unwrap_or(THINK)).await;
        if !iteration.chance(self.sale.abandon_share) {
            self.tally.book(iteration, account.session(), &hold).await;
        }
    }

    async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        let mut expectations = vec![self.tally.sold()];
        expectations.extend(self.tally.adds_up(setup, &self.accounts).await);
        expectations.extend(self.tally.sold_once(setup).await);
        expectations
    }
}
