//! `cancel-storm`: everyone has tickets, cancels them and buys again, for an event that is otherwise sold out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;

use super::{
    Scenario,
    expectation::Expectation,
    sale_tally::{SaleTally, TOO_FEW},
    setup::Setup,
};
use crate::{
    accounts::Accounts,
    options::{Options, SaleOptions},
    run::Iteration,
};

/// Another client that shares the account has cancelled them.
const NOT_YOURS: &str = "TICKET-03";

pub(super) struct CancelStorm {
    accounts: Arc<Accounts>,
    /// By the account's index.
    has_bought: Vec<AtomicBool>,
    tally: SaleTally,
    sale: SaleOptions,
}

impl CancelStorm {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let accounts = setup.accounts().await?;
        let seats =
            u32::try_from(accounts.all().len()).ok().and_then(|it| it.checked_mul(options.sale.count_max));
        let seats = seats.context("this many accounts need more seats than an event may have")?;
        let has_bought = accounts.all().iter().map(|_| AtomicBool::new(false)).collect();
        let tally = SaleTally::new(setup.new_event(seats).await?, seats);
        Ok(Self { accounts, has_bought, tally, sale: options.sale })
    }
}

#[async_trait]
impl Scenario for CancelStorm {
    async fn iterate(&self, iteration: &mut Iteration) {
        let account = self.accounts.lease();
        let (session, count) = (account.session(), self.sale.count_max);
        if self.has_bought[account.index()].swap(false, Ordering::Relaxed)
            && !self.tally.cancel(iteration, session, count, &[TOO_FEW, NOT_YOURS]).await
        {
            // Most likely the account still has its tickets, and tries again next time.
            self.has_bought[account.index()].store(true, Ordering::Relaxed);
            return;
        }
        iteration.think(self.sale.think.unwrap_or(Duration::ZERO)).await;
        let Some(hold) = self.tally.reserve(iteration, session, count).await else { return };
        if self.tally.book(iteration, session, &hold).await {
            self.has_bought[account.index()].store(true, Ordering::Relaxed);
        }
    }

    async fn expectations(&self, setup: &Setup) -> Vec<Expectation> {
        self.tally.adds_up(setup, &self.accounts).await
    }
}
