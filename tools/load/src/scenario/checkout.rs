//! `checkout`: reserve, book and cancel with enough seats for everyone, so that it can go on forever.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rand::Rng;

use super::{Scenario, expectation::Expectation, sale_tally::SaleTally, setup::Setup};
use crate::{
    accounts::Accounts,
    options::{Options, SaleOptions},
    run::Iteration,
};

/// The most seats that an event may have.
const SEATS: u32 = 1_000_000;

pub(super) struct Checkout {
    accounts: Arc<Accounts>,
    tally: SaleTally,
    sale: SaleOptions,
}

impl Checkout {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let accounts = setup.accounts().await?;
        let tally = SaleTally::new(setup.new_event(SEATS).await?, SEATS);
        Ok(Self { accounts, tally, sale: options.sale })
    }
}

#[async_trait]
impl Scenario for Checkout {
    async fn iterate(&self, iteration: &mut Iteration) {
        let account = self.accounts.lease();
        let (session, count) = (account.session(), iteration.random.random_range(1..=self.sale.count_max));
        let Some(hold) = self.tally.reserve(iteration, session, count).await else { return };
        iteration.think(self.sale.think.unwrap_or(Duration::ZERO)).await;
        if self.tally.book(iteration, session, &hold).await {
            self.tally.cancel(iteration, session, count, &[]).await;
        }
    }

    async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        self.tally.adds_up(setup, &self.accounts).await
    }
}
