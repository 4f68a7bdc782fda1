//! What changes an event, whichever endpoint asks for it: it is stored once for each key, and then announced, also if the request
//! goes away.

use std::future::Future;

use booked_idempotency::{Answered, KeptAnswers, Look, RequestKey};
use booked_server::{ApiError, Lifecycle};

use crate::{
    outbound::postgres::KeptChange,
    ports::Stored,
    usecases::{self, Context},
};

/// Carries changes out; clones share everything.
#[derive(Clone)]
pub(crate) struct Changes {
    context: Context,
    answers: KeptAnswers,
    lifecycle: Lifecycle,
}

impl Changes {
    pub(crate) fn new(context: Context, answers: KeptAnswers, lifecycle: Lifecycle) -> Self {
        Self { context, answers, lifecycle }
    }

    /// Stores a change, unless it was stored for an earlier request with this key, and announces it.
    pub(super) async fn carry_out<E, F>(
        &self,
        key: Option<RequestKey>,
        store: impl Fn(Context) -> F + Send + Sync + 'static,
    ) -> Result<Answered<Stored>, ApiError>
    where
        ApiError: From<E>,
        E: Send,
        F: Future<Output = Result<Stored, E>> + Send,
    {
        let Self { context, answers, lifecycle } = self.clone();
        let carrying_out = async move {
            let act = || {
                let storing = store(context.clone());
                async move { storing.await.map(KeptChange::from).map_err(ApiError::from) }
            };
            let Answered { what, is_replay } = answers.once(key, Look::First, act).await?;
            let stored = Stored::from(what);
            usecases::announce_change(&context, stored.clone()).await?;
            Ok(Answered { what: stored, is_replay })
        };
        lifecycle.detach(carrying_out).await?
    }
}
