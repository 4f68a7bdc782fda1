//! What scenarios are prepared with: an admin and the clients' accounts, each only if it is needed.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use booked_checker::history::{Call, Line, Op, Outcome, Response};
use booked_contract::event::NewEvent;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    accounts::Accounts,
    client::{Gateway, RecorderHandle, Session},
    options::{AccountOptions, LogIn},
    progress::{OnProgress, Progress},
};

pub(crate) struct Setup {
    pub(crate) gateway: Gateway,
    pub(crate) recorder: Option<RecorderHandle>,
    pub(crate) on_progress: OnProgress,
    admin: Option<LogIn>,
    admin_session: OnceCell<Session>,
    account_options: AccountOptions,
    accounts: OnceCell<Arc<Accounts>>,
    created: Mutex<Vec<Uuid>>,
}

impl Setup {
    pub(crate) fn new(
        gateway: Gateway,
        recorder: Option<RecorderHandle>,
        on_progress: OnProgress,
        admin: Option<LogIn>,
        account_options: AccountOptions,
    ) -> Self {
        Self {
            gateway,
            recorder,
            on_progress,
            admin,
            admin_session: OnceCell::new(),
            account_options,
            accounts: OnceCell::new(),
            created: Mutex::default(),
        }
    }

    pub(crate) async fn accounts(&self) -> anyhow::Result<Arc<Accounts>> {
        let prepare = || Accounts::prepare(&self.gateway, &self.account_options, self.on_progress.as_ref());
        self.accounts.get_or_try_init(prepare).await.cloned()
    }

    pub(crate) async fn new_event(&self, seat_count: u32) -> anyhow::Result<Uuid> {
        self.new_event_with_limit(seat_count, None).await
    }

    /// An event of which one buyer may hold and have this many tickets.
    pub(crate) async fn new_event_with_limit(
        &self,
        seat_count: u32,
        max_per_buyer: Option<u32>,
    ) -> anyhow::Result<Uuid> {
        self.step("Creating an event");
        let call = self.admin().await?.call(Op::CreateEvent { seat_count, max_per_buyer }).await;
        let outcome = call.outcome.clone();
        self.record(call).await;
        match outcome {
            Outcome::Ok(Response::Created { event_id }) => {
                self.note(event_id);
                Ok(event_id)
            }
            other => bail!("the event was not created: {other:?}"),
        }
    }

    pub(crate) async fn new_event_with(&self, event: &NewEvent) -> anyhow::Result<()> {
        let id = self.admin().await?.create_event(event).await?;
        self.note(id);
        Ok(())
    }

    /// An anonymous call that is not measured.
    pub(crate) async fn call_anonymously(&self, op: Op) -> Outcome {
        self.call(&self.gateway.anonymous(), op).await
    }

    /// A call that is not measured.
    pub(crate) async fn call(&self, session: &Session, op: Op) -> Outcome {
        let call = session.call(op).await;
        let outcome = call.outcome.clone();
        self.record(call).await;
        outcome
    }

    /// Deletes the events that were created here.
    pub(crate) async fn clean_up(&self) -> anyhow::Result<()> {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        for event_id in created {
            let outcome = self.call(self.admin().await?, Op::DeleteEvent { event_id }).await;
            if !matches!(outcome, Outcome::Ok(_)) {
                bail!("the event {event_id} was not deleted: {outcome:?}");
            }
        }
        Ok(())
    }

    pub(crate) fn step(&self, text: &str) {
        (self.on_progress)(Progress::Step(text));
    }

    async fn admin(&self) -> anyhow::Result<&Session> {
        let log_in = || async {
            let admin = self.admin.as_ref().context("an admin's email and password are needed")?;
            self.gateway.log_in(&admin.email, &admin.password).await.context("the admin's account")
        };
        self.admin_session.get_or_try_init(log_in).await
    }

    fn note(&self, event: Uuid) {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    async fn record(&self, call: Call) {
        if let Some(recorder) = &self.recorder {
            recorder.record(Line::Call(call)).await;
        }
    }
}
