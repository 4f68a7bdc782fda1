//! Calls to a server that does nothing: what is measured is the load kit itself.

use uuid::Uuid;

use super::setup::Setup;
use crate::{client::Session, run::Iteration};

pub(crate) struct Nothing {
    session: Session,
}

impl Nothing {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { session: setup.gateway.anyone() }
    }

    pub(super) async fn iteration(&self, iteration: &mut Iteration) {
        iteration.reserve(&self.session, Uuid::nil(), 2, &[]).await;
    }
}
