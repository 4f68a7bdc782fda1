//! Wakes the long polls of this process when there is something new: one poll of the outbox serves all of them, and
//! there is none while nobody waits.

use std::{sync::Arc, time::Duration};

use booked_postgres::Database;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout_at},
};

use super::rows;
use crate::Position;

/// How often the outbox is polled while somebody waits. Only polling finds rows of other processes, and rows that an
/// earlier one holds back.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);
/// The same while the database does not respond.
const LOOK_INTERVAL_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// Notifies the feed of this process that a transaction with outbox rows was committed. It only saves time: rows
/// without a notification are found too.
#[derive(Clone, Debug, Default)]
pub struct FeedSignal(Arc<Notify>);

impl FeedSignal {
    /// Something was committed.
    pub fn notify(&self) {
        self.0.notify_one();
    }
}

/// Knows the last row that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    last_shown: watch::Sender<Position>,
    signal: FeedSignal,
}

impl Watcher {
    pub(crate) fn new() -> Self {
        Self { last_shown: watch::Sender::new(Position::START), signal: FeedSignal::default() }
    }

    pub(crate) fn signal(&self) -> FeedSignal {
        self.signal.clone()
    }

    /// Waits until a row after this position is shown; `false` if none is before the deadline. What was seen before
    /// the call does not count: the caller has read the outbox later than that.
    pub(crate) async fn row_after(&self, position: Position, deadline: Instant) -> bool {
        let mut last_shown = self.last_shown.subscribe();
        self.signal.notify();
        let shown = async {
            while last_shown.changed().await.is_ok() {
                if *last_shown.borrow_and_update() > position {
                    return true;
                }
            }
            false
        };
        timeout_at(deadline, shown).await.unwrap_or(false)
    }

    /// Polls the outbox forever.
    pub(crate) async fn run(self, database: Database) {
        let (mut horizon, mut last_shown) = (Position::START, Position::START);
        loop {
            if self.last_shown.receiver_count() == 0 {
                self.signal.0.notified().await;
            }
            let looked = database.read(async move |connection| {
                let (risen, _) = rows::read_horizon(connection, horizon).await?;
                // Up to a horizon nothing changes any more.
                let is_known = risen == horizon && last_shown != Position::START;
                let last =
                    if is_known { last_shown } else { rows::read_last_shown(connection, risen).await? };
                Ok((risen, last))
            });
            match looked.await {
                Ok(seen) => {
                    (horizon, last_shown) = seen;
                    self.last_shown.send_replace(last_shown);
                    tokio::select! {
                        () = sleep(LOOK_INTERVAL) => {}
                        () = self.signal.0.notified() => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be looked at");
                    sleep(LOOK_INTERVAL_AFTER_FAILURE).await;
                }
            }
        }
    }
}
