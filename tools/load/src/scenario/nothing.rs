//! Calls to a server that does nothing, to measure the load kit itself.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Scenario, setup::Setup};
use crate::{client::Session, run::Iteration};

pub(crate) struct Nothing {
    session: Session,
}

impl Nothing {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self { session: setup.gateway.anonymous() }
    }
}

#[async_trait]
impl Scenario for Nothing {
    async fn iterate(&self, iteration: &mut Iteration) {
        iteration.reserve(&self.session, Uuid::nil(), 2, &[]).await;
    }
}
