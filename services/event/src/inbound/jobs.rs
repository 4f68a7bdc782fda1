//! What runs on a timer.

use std::{sync::Arc, time::Duration};

use booked_postgres::Database;
use booked_server::Clock;
use tokio::time::{interval, sleep};

use crate::outbound::postgres;

const PURGE_INTERVAL: Duration = Duration::from_secs(60);
/// The pause between two batches, so that a large purge leaves the database to others.
const PURGE_PAUSE: Duration = Duration::from_millis(100);

/// Permanently erases the texts of events that were deleted longer ago than this.
pub(crate) async fn purge_deleted_events(database: Database, clock: Arc<dyn Clock>, kept: Duration) {
    let mut round = interval(PURGE_INTERVAL);
    loop {
        round.tick().await;
        loop {
            match postgres::purge_deleted_events(&database, clock.now() - kept).await {
                Ok(true) => sleep(PURGE_PAUSE).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "deleted events were not purged");
                    break;
                }
            }
        }
    }
}
