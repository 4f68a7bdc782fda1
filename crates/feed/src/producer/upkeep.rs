//! What the outbox needs on a clock: partitions for the months to come, and a measurement of what holds the feed
//! back.

use std::time::Duration;

use booked_postgres::Database;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl as _;
use tokio::time::{Instant, interval, sleep};

use super::rows;
use crate::Position;

/// How many months beyond the current one have a partition.
const MONTHS_AHEAD: i32 = 2;
const PARTITION_INTERVAL: Duration = Duration::from_secs(6 * 60 * 60);
const PARTITION_INTERVAL_AFTER_FAILURE: Duration = Duration::from_secs(60);
const HORIZON_INTERVAL: Duration = Duration::from_secs(5);

diesel::define_sql_function! {
    /// See `sql/outbox_partitions.sql`.
    fn outbox_add_partitions(ahead: Integer) -> Integer;
}

/// Adds partitions ahead of time, forever. If this fails, the default partition takes the rows.
pub(crate) async fn add_partitions(database: Database) {
    let meter = opentelemetry::global::meter("booked-feed");
    let failures = meter
        .u64_counter("booked_feed_partition_failures")
        .with_description("Attempts at adding partitions to the outbox that failed")
        .build();
    failures.add(0, &[]);
    let late = meter
        .u64_gauge("booked_feed_default_partition_rows")
        .with_description("Rows of the outbox that no month's partition was there for, 10,000 at most")
        .build();
    loop {
        let added = database
            .read(async |connection| {
                diesel::select(outbox_add_partitions(MONTHS_AHEAD)).get_result::<i32>(connection).await
            })
            .await;
        let pause = match added {
            Ok(added) => {
                tracing::debug!(added, "the outbox has its partitions");
                PARTITION_INTERVAL
            }
            Err(error) => {
                tracing::warn!(%error, "partitions could not be added to the outbox");
                failures.add(1, &[]);
                PARTITION_INTERVAL_AFTER_FAILURE
            }
        };
        let rows = database.read(async |connection| rows::count_default_partition(connection).await).await;
        if let Ok(rows) = rows {
            late.record(rows.try_into().unwrap_or_default(), &[]);
        }
        sleep(pause).await;
    }
}

/// Measures, forever, how long the oldest transaction that writes to the outbox has held the feed back: while it is
/// open, nothing that was written after it is shown.
pub(crate) async fn measure_horizon(database: Database) {
    let held_back = opentelemetry::global::meter("booked-feed")
        .u64_gauge("booked_feed_held_back_seconds")
        .with_description("How long the oldest transaction that writes to the outbox has held the feed back")
        .build();
    let mut round = interval(HORIZON_INTERVAL);
    let mut oldest = (Position::START, Instant::now());
    loop {
        let now = round.tick().await;
        let certain = oldest.0;
        let Ok((horizon, last)) =
            database.read(async move |connection| rows::read_horizon(connection, certain).await).await
        else {
            continue;
        };
        if horizon == last || horizon != oldest.0 {
            oldest = (horizon, now);
        }
        held_back.record(now.duration_since(oldest.1).as_secs(), &[]);
    }
}
