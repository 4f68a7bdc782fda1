//! The port [`EventChanges`] on Postgres.

use std::{convert::Infallible, time::Duration};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_feed::FeedSignal;
use booked_ids::EventId;
use booked_postgres::{Abort, Database};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::event_states::carry_out_change;
use crate::ports::EventChanges;

/// Changes that wait, in Postgres.
#[derive(Clone, Debug)]
pub struct PostgresEventChanges {
    database: Database,
    signal: FeedSignal,
}

impl PostgresEventChanges {
    /// The changes in this database. It signals when one was carried out, which the feed tells.
    #[must_use]
    pub fn new(database: Database, signal: FeedSignal) -> Self {
        Self { database, signal }
    }
}

#[async_trait]
impl EventChanges for PostgresEventChanges {
    async fn noted(&self, waited: Duration, limit: u32) -> Result<Vec<EventId>, Failure> {
        let waited_ms = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
        let rows: Vec<Noted> = self
            .database
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT event_id FROM event_changes WHERE since <= now() - $1 * interval '1 millisecond' \
                     ORDER BY since, event_id LIMIT $2",
                )
                .bind::<BigInt, _>(waited_ms)
                .bind::<BigInt, _>(i64::from(limit))
                .load(connection)
                .await
            })
            .await?;
        Ok(rows.into_iter().filter_map(|row| EventId::from_uuid(row.event_id).ok()).collect())
    }

    async fn carry_out(&self, event: EventId) -> Result<(), Failure> {
        self.database
            .transaction(async move |connection| {
                carry_out_change(connection, event).await.map_err(Abort::<Infallible>::from)
            })
            .await?;
        self.signal.notify();
        Ok(())
    }

    async fn oldest(&self) -> Result<Duration, Failure> {
        let oldest: Oldest = self
            .database
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT coalesce(extract(epoch FROM now() - min(since)) * 1000, 0)::bigint AS ms \
                     FROM event_changes",
                )
                .get_result(connection)
                .await
            })
            .await?;
        Ok(Duration::from_millis(u64::try_from(oldest.ms).unwrap_or_default()))
    }
}

#[derive(QueryableByName)]
struct Noted {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
}

#[derive(QueryableByName)]
struct Oldest {
    #[diesel(sql_type = BigInt)]
    ms: i64,
}
