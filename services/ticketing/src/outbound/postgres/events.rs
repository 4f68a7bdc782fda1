//! The port [`Events`] on Postgres.

use std::convert::Infallible;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::EventId;
use booked_postgres::{Abort, Database};
use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::{
    event_row::{EventRow, live_event},
    purge::purge,
    schema::events,
    snapshot::snapshot,
};
use crate::ports::{EventRecord, Events, Snapshot};

/// Events, in Postgres.
#[derive(Clone, Debug)]
pub struct PostgresEvents {
    database: Database,
    /// For what takes long: bookings find a connection all the same.
    reads: Database,
}

impl PostgresEvents {
    /// The events of this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { reads: database.half(), database }
    }
}

#[async_trait]
impl Events for PostgresEvents {
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, Failure> {
        Ok(self.database.read(async move |connection| live_event(connection, event).await).await?)
    }

    async fn snapshot(&self, event: EventId) -> Result<Option<Snapshot>, Failure> {
        snapshot(&self.reads, event).await
    }

    async fn live_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventRecord>, Failure> {
        let after = after.map_or(Uuid::nil(), EventId::as_uuid);
        let live = self.database.read(async move |connection| {
            let rows: Vec<EventRow> = events::table
                .filter(events::id.gt(after))
                .filter(events::deleted.eq(false))
                .order(events::id)
                .limit(i64::from(limit))
                .select(EventRow::as_select())
                .load(connection)
                .await?;
            rows.into_iter().map(EventRow::into_record).collect()
        });
        Ok(live.await?)
    }

    async fn deleted_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, Failure> {
        let after = after.map_or(Uuid::nil(), EventId::as_uuid);
        let ids: Vec<Uuid> = self
            .database
            .read(async move |connection| {
                events::table
                    .filter(events::id.gt(after))
                    .filter(events::deleted)
                    .order(events::id)
                    .limit(i64::from(limit))
                    .select(events::id)
                    .load(connection)
                    .await
            })
            .await?;
        Ok(known(ids))
    }

    async fn events_to_purge(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        let ids: Vec<Uuid> = self
            .database
            .read(async move |connection| {
                events::table
                    .filter(events::deleted)
                    .filter(events::purged.eq(false))
                    .order(events::id)
                    .limit(i64::from(limit))
                    .select(events::id)
                    .load(connection)
                    .await
            })
            .await?;
        Ok(known(ids))
    }

    async fn known_among(&self, asked: &[EventId]) -> Result<Vec<EventId>, Failure> {
        let ids: Vec<Uuid> = asked.iter().map(|event| event.as_uuid()).collect();
        let ids: Vec<Uuid> = self
            .database
            .read(async move |connection| {
                events::table.filter(events::id.eq_any(ids)).select(events::id).load(connection).await
            })
            .await?;
        Ok(known(ids))
    }

    async fn deleted_among(&self, asked: &[EventId]) -> Result<Vec<EventId>, Failure> {
        let ids: Vec<Uuid> = asked.iter().map(|event| event.as_uuid()).collect();
        let ids: Vec<Uuid> = self
            .database
            .read(async move |connection| {
                events::table
                    .filter(events::id.eq_any(ids))
                    .filter(events::deleted)
                    .select(events::id)
                    .load(connection)
                    .await
            })
            .await?;
        Ok(known(ids))
    }

    async fn purge(&self, event: EventId, rows_max: u32) -> Result<bool, Failure> {
        let is_empty = self
            .database
            .transaction(async move |connection| {
                purge(connection, event, rows_max).await.map_err(Abort::<Infallible>::from)
            })
            .await?;
        Ok(is_empty)
    }
}

fn known(ids: Vec<Uuid>) -> Vec<EventId> {
    ids.into_iter().filter_map(|id| EventId::from_uuid(id).ok()).collect()
}
