//! The consuming side: pulls another service's feed and applies it, each batch together with the cursor.

mod apply;
mod client;
mod cursors;
mod digest;
mod lag;
mod pull;

use std::{sync::Arc, time::Duration};

use booked_failure::Failure;
use booked_postgres::Database;
use booked_server::{Lifecycle, Random, SingleFlight};
use opentelemetry::{KeyValue, metrics::Counter};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};
use uuid::Uuid;

use self::{
    cursors::Cursor,
    lag::Behind,
    pull::{Puller, Step},
};
use crate::Position;

pub use self::{apply::Apply, client::FeedClient};

/// How long the replica that pulls keeps its lease without renewing it: longer than one of its steps can take. While
/// there is nothing to apply, no replica needs the lease.
const LEASE: Duration = Duration::from_secs(8);
/// How often the other replicas check whether the lease is free.
const LEASE_LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long one request of the pulling replica waits for something new.
const POLL_WAIT: Duration = Duration::from_secs(3);
const BATCH: u32 = 500;
/// The rest after a page that was not full. What is written meanwhile shares the next page: otherwise each commit of
/// a sale would cost a page, and a transaction here. Callers that need newer data use `catch_up` and `pull_now`,
/// which do not rest.
const REST_BETWEEN_PAGES: Duration = Duration::from_millis(100);
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(2);
/// How long a pull that somebody waits for may take in all: less than a client is willing to wait.
const PULL_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How long one request of such a pull waits for rows that are committed but held back by an older transaction.
const HELD_BACK_WAIT: Duration = Duration::from_millis(100);

/// The name of this process' consumer in failures.
const FEED: &str = "the feed";

/// The position was not reached in time, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCaughtUp {
    /// There was not enough time.
    #[error("not caught up in time")]
    Late,
    /// The feed or the database is not available.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Applies one feed to one database. Clones are the same consumer.
#[derive(Clone)]
pub struct Consumer {
    inner: Arc<Inner>,
}

struct Inner {
    puller: Puller,
    holder: Uuid,
    random: Arc<dyn Random>,
    lifecycle: Lifecycle,
    failures: Counter<u64>,
    behind: Behind,
    /// Pulls that somebody waits for run one after the other: the next one mostly finds everything done.
    pulling: Mutex<()>,
    pulls: SingleFlight<(), Result<(), Failure>>,
}

impl Consumer {
    /// A consumer of the feed that `feed` names in `feed_cursors`. It does nothing on its own before
    /// [`Consumer::run`].
    #[must_use]
    pub fn new(
        feed: &'static str,
        source: FeedClient,
        database: Database,
        apply: Arc<dyn Apply>,
        random: Arc<dyn Random>,
        lifecycle: &Lifecycle,
    ) -> Self {
        let failures = opentelemetry::global::meter("booked-feed")
            .u64_counter("booked_feed_pull_failures")
            .with_description("Pulls of other services' feeds that failed")
            .build();
        failures.add(0, &[KeyValue::new("feed", feed)]);
        Self {
            inner: Arc::new(Inner {
                puller: Puller::new(feed, source, database, apply),
                holder: random.uuid(),
                random,
                lifecycle: lifecycle.clone(),
                failures,
                behind: Behind::show(feed),
                pulling: Mutex::default(),
                pulls: SingleFlight::new(feed, 1, lifecycle),
            }),
        }
    }

    /// Pulls until the process is asked to end; a job. While there is something to apply, only one of all replicas
    /// pulls. That merely saves work: the cursor alone makes every entry take effect once.
    pub async fn run(self) {
        let inner = &self.inner;
        tokio::select! {
            () = inner.pull_for_ever() => {}
            () = inner.lifecycle.ended() => inner.give_lease().await,
        }
    }

    /// Pulls now, whichever replica has the lease, until everything up to this position is applied.
    ///
    /// # Errors
    ///
    /// See [`NotCaughtUp`].
    pub async fn catch_up(&self, to: &Position, limit: Duration) -> Result<(), NotCaughtUp> {
        let (inner, to) = (Arc::clone(&self.inner), *to);
        let pull = async move { timeout(limit, inner.pull_until(Some(to))).await };
        match self.inner.lifecycle.detach(pull).await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(_)) => Err(NotCaughtUp::Late),
            Err(interrupted) => Err(Failure::not_done(FEED, interrupted).into()),
        }
    }

    /// Pulls now, whichever replica has the lease, until everything that was committed when this was called is
    /// applied. All callers that wait share one pull, and none joins a pull that started before it asked.
    ///
    /// # Errors
    ///
    /// [`Failure::NotDone`] if that could not be done within 1.5 seconds.
    pub async fn pull_now(&self) -> Result<(), Failure> {
        let pull = || {
            let inner = Arc::clone(&self.inner);
            async move {
                let pulled = timeout(PULL_TIMEOUT, inner.pull_until(None)).await;
                pulled.unwrap_or_else(|_| Err(Failure::not_done(FEED, NotCaughtUp::Late)))
            }
        };
        self.inner.pulls.get((), pull).await.unwrap_or_else(|error| Err(Failure::not_done(FEED, error)))
    }
}

impl Inner {
    async fn pull_for_ever(&self) {
        let (mut batch, mut back_off) = (BATCH, BACK_OFF_MIN);
        loop {
            match self.turn(batch).await {
                Ok(()) => (batch, back_off) = (BATCH.min(batch * 2), BACK_OFF_MIN),
                Err(error) => {
                    // One entry per batch, so that the entries before the bad one pass and the log names the bad one.
                    batch = 1;
                    let feed = self.puller.feed();
                    tracing::warn!(feed, %error, "the feed cannot be pulled");
                    self.failures.add(1, &[KeyValue::new("feed", feed)]);
                    self.behind.note(true);
                    self.give_lease().await;
                    sleep(self.jittered(back_off)).await;
                    back_off = BACK_OFF_MAX.min(back_off * 2);
                }
            }
        }
    }

    /// One step, unless another replica has the lease: then a pause. The lease is taken when there is something to
    /// apply, and expires on its own when there is nothing for a while: an idle system writes nothing, and all
    /// replicas wait for what comes next.
    async fn turn(&self, batch: u32) -> Result<(), Failure> {
        let (feed, holder) = (self.puller.feed(), self.holder);
        let database = self.puller.database();
        let is_anothers = database
            .read(async move |connection| cursors::is_anothers(connection, feed, holder).await)
            .await?;
        if is_anothers {
            self.behind.note(false);
            sleep(self.jittered(LEASE_LOOK_INTERVAL)).await;
            return Ok(());
        }
        let cursor = self.puller.cursor().await?;
        let after = cursor.position;
        let named = |failure: Failure| failure.while_doing(format_args!("after {after}"));
        let page = self.puller.fetch(&cursor, POLL_WAIT, batch).await.map_err(named)?;
        let is_to_do = !page.is_nothing_new(&cursor);
        if is_to_do
            && !database
                .read(async move |connection| cursors::take_lease(connection, feed, holder, LEASE).await)
                .await?
        {
            return Ok(());
        }
        let step = self.puller.apply(cursor, page, batch).await.map_err(named)?;
        self.behind.note(step.is_behind());
        if step.moved && !step.is_full {
            sleep(REST_BETWEEN_PAGES).await;
        }
        Ok(())
    }

    /// Pulls until the cursor has reached the target; without one, until it has reached the head that the feed had
    /// when it was first asked. Positions of two incarnations cannot be compared: if the feed has another one by now,
    /// its head is the goal. The incarnation of a target is not known; the one that the feed has when it is asked is
    /// assumed.
    async fn pull_until(&self, target: Option<Position>) -> Result<(), Failure> {
        let (mut goal, mut wait) = (None::<Cursor>, Duration::ZERO);
        loop {
            let _one_at_a_time = self.pulling.lock().await;
            let cursor = self.puller.cursor().await?;
            let is_reached = match (&goal, target) {
                (Some(goal), _) => cursor.incarnation == goal.incarnation && cursor.position >= goal.position,
                (None, Some(target)) => cursor.position >= target,
                (None, None) => false,
            };
            if is_reached {
                return Ok(());
            }
            let Step { from, head, moved, .. } = self.puller.step(cursor, wait, BATCH).await?;
            let known = goal.take().filter(|goal| goal.incarnation == head.incarnation);
            let now = known.unwrap_or_else(|| Cursor { position: target.unwrap_or(head.position), ..head });
            if !moved && from >= now.position {
                return Ok(());
            }
            goal = Some(now);
            wait = if moved { Duration::ZERO } else { HELD_BACK_WAIT };
        }
    }

    /// Lets another replica pull. If the database cannot be reached, the lease expires on its own.
    async fn give_lease(&self) {
        let (feed, holder) = (self.puller.feed(), self.holder);
        let given = self
            .puller
            .database()
            .read(async move |connection| cursors::give_lease(connection, feed, holder).await)
            .await;
        if let Err(error) = given {
            tracing::debug!(feed, %error, "the lease could not be given back");
        }
    }

    /// Between half of the time and all of it, so that replicas do not act in step.
    fn jittered(&self, time: Duration) -> Duration {
        let [random, ..] = self.random.bytes();
        time / 2 + time * u32::from(random) / (2 * u32::from(u8::MAX))
    }
}
