//! The attackers run on a thread of their own, so that buyers share nothing with them but the machine.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{
    runtime::Runtime,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{attack::Attack, attacks, context::AttackContext, options::SiegeOptions, testbed::Testbed};

/// An attack that has observed nothing by then cannot reach the gateway, which may also be true for buyers.
const BEGINS_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// A running attack. Dropping it ends the attack and closes its connections.
pub(super) struct Attackers {
    runtime: Option<Runtime>,
    pub(super) context: Arc<AttackContext>,
}

impl Attackers {
    pub(super) fn start(
        attack: Attack,
        options: &SiegeOptions,
        testbed: &Testbed,
        event: Uuid,
    ) -> Result<Self> {
        let context = Arc::new(AttackContext::new(attack, options, testbed, event)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("cannot start a runtime")?;
        runtime.spawn(attacks::run(attack, Arc::clone(&context)));
        Ok(Self { runtime: Some(runtime), context })
    }

    /// Waits until the first attacker has observed something.
    pub(super) async fn begun(&self) {
        let deadline = Instant::now() + BEGINS_WITHIN;
        while Instant::now() < deadline && self.context.observed().is_empty() {
            sleep(POLL).await;
        }
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
