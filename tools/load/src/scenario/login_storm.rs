//! `login-storm`: log-ins, some with a wrong password. Hashing passwords is slow on purpose, so 503 is to be expected.

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
    let_in_wrongly: AtomicU64,
    shut_out_wrongly: AtomicU64,
}

impl LoginStorm {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        Ok(Self {
            accounts: setup.accounts().await?,
            wrong_share: options.wrong_password_share,
            let_in_wrongly: AtomicU64::default(),
            shut_out_wrongly: AtomicU64::default(),
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
            let is_let_in = matches!(outcome, Outcome::Ok(_));
            self.let_in_wrongly.fetch_add(u64::from(is_let_in), Ordering::Relaxed);
        } else {
            let outcome = iteration.log_in(email, right, &[]).await;
            let is_shut_out = matches!(outcome, Outcome::Fail { status: 401, .. });
            self.shut_out_wrongly.fetch_add(u64::from(is_shut_out), Ordering::Relaxed);
        }
    }

    async fn expectations(&self, _: &Setup) -> Vec<Expectation> {
        let (let_in, shut_out) = (&self.let_in_wrongly, &self.shut_out_wrongly);
        vec![
            Expectation::counted("Let in with a wrong password", 0, let_in.load(Ordering::Relaxed)),
            Expectation::counted("Shut out with the right password", 0, shut_out.load(Ordering::Relaxed)),
        ]
    }
}
