//! `onsale`: many buyers, one event. Each reserves, thinks, and books, or abandons what is held.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;

use super::setup::Setup;
use super::till::Till;
use crate::accounts::Accounts;
use crate::options::{Options, SaleOptions};
use crate::report::Expectation;
use crate::run::Visit;

const THINK: Duration = Duration::from_millis(500);

pub(crate) struct Onsale {
    accounts: Arc<Accounts>,
    till: Till,
    sale: SaleOptions,
}

impl Onsale {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let accounts = setup.accounts().await?;
        let event = setup.new_event(options.sale.seats).await?;
        Ok(Self { accounts, till: Till::new(event, options.sale.seats), sale: options.sale })
    }

    pub(super) async fn visit(&self, visit: &mut Visit) {
        let account = self.accounts.lend();
        let count = visit.random.random_range(1..=self.sale.count_max);
        let Some(hold) = self.till.reserve(visit, account.session(), count).await else { return };
        visit.think(self.sale.think.unwrap_or(THINK)).await;
        if !visit.chance(self.sale.abandon_share) {
            self.till.book(visit, account.session(), &hold).await;
        }
    }

    pub(super) async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        let mut expectations = vec![self.till.sold()];
        expectations.extend(self.till.adds_up(setup, &self.accounts).await);
        expectations.extend(self.till.sold_once(setup).await);
        expectations
    }
}
