//! What a handler does, done once for each key.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use booked_contract::Code;
use booked_failure::{During, Failure};
use booked_ids::UserId;
use booked_postgres::{Abort, Database};
use booked_server::{ApiError, Deadline, KeyedQueue};
use moka::sync::Cache;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use crate::{
    Answered, RequestKey,
    table::{self, KEYS, Kept, Row},
};

/// How long a request waits for the first one with its key if its caller named no deadline.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// For how many hours answers are kept; clients are promised half of it.
const KEPT_HOURS: i64 = 48;
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// The most keys that one statement removes.
const SWEEP_ROWS: i64 = 1_000;
/// The pause between two such statements, so that a large sweep leaves the database to others.
const SWEEP_PAUSE: Duration = Duration::from_millis(100);

/// Refusals of one user that a process keeps in an hour: a refusal has no effect that could be done twice, and what refusals cost, one
/// user must not have at will. Further ones are judged again.
const REFUSALS_KEPT: u32 = 100;
const REFUSALS_COUNTED_FOR: Duration = Duration::from_secs(3_600);
/// Users whose refusals are counted at once.
const COUNTED_USERS: u64 = 100_000;

/// What requests with a key were answered, in a service's database, and which of them this process is about to answer; clones
/// share it.
#[derive(Clone, Debug)]
pub struct KeptAnswers {
    database: Database,
    lines: KeyedQueue<Uuid, Line>,
    refusals: Cache<UserId, Arc<AtomicU32>>,
}

/// When it is looked whether a request was answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Before anything is done.
    First,
    /// Once its transaction, or its refusal, has found the key: for what is done so often that a read for each would be dear.
    Late,
}

/// What requests of one process with the same key leave to those behind them.
#[derive(Debug, Default)]
struct Line {
    /// Somebody had their turn before.
    was_used: bool,
    /// What was found under the key, which does not change.
    found: Option<Row>,
}

impl KeptAnswers {
    /// The answers in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let refusals =
            Cache::builder().max_capacity(COUNTED_USERS).time_to_live(REFUSALS_COUNTED_FOR).build();
        Self { database, lines: KeyedQueue::of_at_most(usize::MAX), refusals }
    }

    /// Does what a request asks for, unless it was answered before: then that is the answer. If the first request with the key is
    /// still under way, its outcome is waited for. `act` may be called several times. If it succeeds, it has kept that in the
    /// transaction of the effect ([`table::keep_done`]); a refusal that names a state is kept here.
    ///
    /// # Errors
    ///
    /// Those of `act`, now or before; IDEM-02 if the key was used for another request; IDEM-03 if the first request with it is
    /// under way for too long.
    pub async fn once<T, E, F>(
        &self,
        key: Option<RequestKey>,
        look: Look,
        act: impl Fn() -> F,
    ) -> Result<Answered<T>, ApiError>
    where
        T: DeserializeOwned,
        E: Into<ApiError>,
        F: Future<Output = Result<T, E>>,
    {
        match key {
            None => act().await.map(Answered::now).map_err(E::into),
            // In a box, so that requests without a key do not carry its size about.
            Some(key) => Box::pin(self.once_for(key, look, act)).await,
        }
    }

    async fn once_for<T, E, F>(
        &self,
        key: RequestKey,
        look: Look,
        act: impl Fn() -> F,
    ) -> Result<Answered<T>, ApiError>
    where
        T: DeserializeOwned,
        E: Into<ApiError>,
        F: Future<Output = Result<T, E>>,
    {
        let give_up = Instant::now() + Deadline::wait_at_most(WAIT_MAX);
        // Those who wait are requests in flight, of which the server bounds the number.
        let Ok(mut turn) = self.lines.turn(key.id, give_up).await else {
            return Err(Code::FirstRequestUnderWay.into());
        };
        let line = turn.left();
        let mut look = if mem::replace(&mut line.was_used, true) { Look::First } else { look };
        loop {
            if look == Look::First && line.found.is_none() {
                line.found = self.find(key).await.map_err(Failure::harmless)?;
            }
            if let Some(row) = &line.found {
                return tell(row, key);
            }
            if let Some(outcome) = self.try_once(key, &act).await {
                return outcome;
            }
            look = Look::First;
            if Instant::now() >= give_up {
                return Err(Code::FirstRequestUnderWay.into());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// None if another request with the key comes first in another replica.
    async fn try_once<T, E, F>(
        &self,
        key: RequestKey,
        act: &impl Fn() -> F,
    ) -> Option<Result<Answered<T>, ApiError>>
    where
        T: DeserializeOwned,
        E: Into<ApiError>,
        F: Future<Output = Result<T, E>>,
    {
        let error: ApiError = match act().await {
            Ok(done) => {
                if table::is_apart() {
                    let _ = self.keep(key, Kept::Done(Value::Null)).await;
                }
                return Some(Ok(Answered::now(done)));
            }
            Err(error) => error.into(),
        };
        if error.code() == Code::FirstRequestUnderWay {
            return None;
        }
        let Some(refusal) = Kept::refusal(&error) else {
            // Perhaps it was done all the same, by this request or by another one with its key.
            return Some(match self.find(key).await {
                Ok(Some(row)) => tell(&row, key),
                Ok(None) | Err(_) => Err(error),
            });
        };
        match self.keep_refusal(key, refusal).await {
            Ok(true) => Some(Err(error)),
            Ok(false) => None,
            // It would not be the answer again, so it is no answer now.
            Err(failure) => Some(Err(failure.harmless().into())),
        }
    }

    async fn find(&self, key: RequestKey) -> Result<Option<Row>, Failure> {
        let found = self.database.read(async move |connection| table::find(connection, key.id).await);
        if found.await?.is_none() {
            return Ok(None);
        }
        let confirmed = self.database.transaction(async move |connection| {
            table::confirm(connection, key.id).await.map_err(Abort::<Infallible>::from)
        });
        Ok(confirmed.await?)
    }

    /// Keeps a refusal, if the user has not had many; false if another request with the key comes first.
    async fn keep_refusal(&self, key: RequestKey, refusal: Kept) -> Result<bool, Failure> {
        let count = self.refusals.get_with(key.user, Arc::default);
        if count.fetch_add(1, Ordering::Relaxed) < REFUSALS_KEPT {
            return self.keep(key, refusal).await;
        }
        let known = self.database.read(async move |connection| table::find(connection, key.id).await);
        Ok(known.await?.is_none())
    }

    /// Keeps an answer that has no effect; false if another request with the key comes first.
    async fn keep(&self, key: RequestKey, answer: Kept) -> Result<bool, Failure> {
        let kept = self.database.transaction(async move |connection| {
            table::keep(connection, &[key], &answer).await.map_err(Abort::<Infallible>::from)
        });
        Ok(!kept.await?.is_empty())
    }

    /// Removes what was kept for long enough, again and again.
    pub async fn sweep(self) {
        let mut round = interval(SWEEP_INTERVAL);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            round.tick().await;
            loop {
                match self.sweep_some().await {
                    Ok(true) => sleep(SWEEP_PAUSE).await,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "idempotency keys are swept at the next turn");
                        break;
                    }
                }
            }
        }
    }

    /// Whether there may be more.
    async fn sweep_some(&self) -> Result<bool, Failure> {
        // A single statement needs no transaction around it; what is not removed now is removed the next time.
        let swept = self
            .database
            .read(async move |connection| table::sweep(connection, KEPT_HOURS, SWEEP_ROWS).await);
        Ok(i64::try_from(swept.await?).is_ok_and(|swept| swept == SWEEP_ROWS))
    }
}

/// What was answered to the first request with the key, if this is the same request.
fn tell<T: DeserializeOwned>(row: &Row, key: RequestKey) -> Result<Answered<T>, ApiError> {
    if row.request != key.request {
        return Err(Code::IdempotencyKeyReused.into());
    }
    let unreadable = |error| Failure::refused(KEYS, During::Read, error);
    match row.answer().map_err(unreadable)? {
        Kept::Done(done) => Ok(Answered::before(serde_json::from_value(done).map_err(unreadable)?)),
        Kept::Refused { code, detail } => {
            let error = ApiError::new(Code::named(&code).unwrap_or(Code::Unknown)).replayed(true);
            Err(detail.into_iter().fold(error, ApiError::with_detail))
        }
    }
}
