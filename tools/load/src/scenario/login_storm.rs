//! `login-storm`: log-ins, some with a wrong password. Hashing passwords is slow on purpose, so 503 is expected.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use booked_checker::history::Outcome;
use rand::Rng;

use super::{Scenario, expectation::Expectation, setup::Setup};
use crate::{accounts::Accounts, options::Options, run::Iteration};

const WRONG_PASSWORD: &str = "USER-04";

pub(super) struct LoginStorm {
    accounts: Arc<Accounts>,
    wrong_share: f64,
    accepted_wrongly: AtomicU64,
    rejected_wrongly: AtomicU64,
}

impl LoginStorm {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        Ok(Self {
            accounts: setup.accounts().await?,
            wrong_share: options.wrong_password_share,
            accepted_wrongly: AtomicU64::default(),
            rejected_wrongly: AtomicU64::default(),
        })
    }
}

#[async_trait]
impl Scenario for LoginStorm {
    async fn iterate(&self, iteration: &mut Iteration) {
        let index = iteration.random.random_range(0..self.accounts.all().len());
        let (email, right) = (&self.accounts.all()[index].email, self.accounts.password());
        if iteration.chance(self.wrong_share) {
            let outcome = iteration.log_in(email, &format!("not {right}"), &[WRONG_PASSWORD]).await;
            let is_accepted = matches!(outcome, Outcome::Ok(_));
            self.accepted_wrongly.fetch_add(u64::from(is_accepted), Ordering::Relaxed);
        } else {
            let outcome = iteration.log_in(email, right, &[]).await;
            let is_rejected = matches!(outcome, Outcome::Fail { status: 401, .. });
            self.rejected_wrongly.fetch_add(u64::from(is_rejected), Ordering::Relaxed);
        }
    }

    async fn expectations(&self, _: &Setup) -> Vec<Expectation> {
        let (accepted, rejected) = (&self.accepted_wrongly, &self.rejected_wrongly);
        vec![
            Expectation::counted(
                "Log-ins with a wrong password that succeeded",
                0,
                accepted.load(Ordering::Relaxed),
            ),
            Expectation::counted(
                "Log-ins with the right password that were refused",
                0,
                rejected.load(Ordering::Relaxed),
            ),
        ]
    }
}
