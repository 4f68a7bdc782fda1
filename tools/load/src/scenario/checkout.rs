//! `checkout`: reserve, book and cancel where there is room for all, so that it can go on for ever.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;

use super::setup::Setup;
use super::till::Till;
use crate::accounts::Accounts;
use crate::options::{Options, SaleOptions};
use crate::report::Expectation;
use crate::run::Visit;

/// The most that an event may have.
const SEATS: u32 = 1_000_000;

pub(crate) struct Checkout {
    accounts: Arc<Accounts>,
    till: Till,
    sale: SaleOptions,
}

impl Checkout {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let accounts = setup.accounts().await?;
        let till = Till::new(setup.new_event(SEATS).await?, SEATS);
        Ok(Self { accounts, till, sale: options.sale })
    }

    pub(super) async fn visit(&self, visit: &mut Visit) {
        let account = self.accounts.lend();
        let (session, count) = (account.session(), visit.random.random_range(1..=self.sale.count_max));
        let Some(hold) = self.till.reserve(visit, session, count).await else { return };
        visit.think(self.sale.think.unwrap_or(Duration::ZERO)).await;
        if self.till.book(visit, session, &hold).await {
            self.till.cancel(visit, session, count, &[]).await;
        }
    }

    pub(super) async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        self.till.adds_up(setup, &self.accounts).await
    }
}
