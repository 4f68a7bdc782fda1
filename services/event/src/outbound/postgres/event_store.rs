//! Events in the table `events`, and their states in the outbox.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_feed::{FeedSignal, Position, outbox};
use booked_ids::EventId;
use booked_postgres::{Abort, Database, TransactionError};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _, dsl::sql,
    sql_types::BigInt,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::{
    pages::{ReadFilteredPage, ReadPage},
    rows::{Row, state},
    schema::events,
    seconds::keep_a_place,
};
use crate::{
    domain::{Cancellation, Event, EventChange, EventFilter, Listing},
    ports::{AddError, CancelError, ChangeError, Changed, DeleteError, EventStore, FeedPosition},
};

#[derive(Clone, Debug)]
pub struct PostgresEventStore {
    database: Database,
    signal: FeedSignal,
}

impl PostgresEventStore {
    /// `signal` is notified when there is something new for the feed.
    #[must_use]
    pub fn new(database: Database, signal: FeedSignal) -> Self {
        Self { database, signal }
    }

    /// To be called after the commit: wakes those who wait for the feed.
    fn published(&self, position: Position) -> FeedPosition {
        self.signal.notify();
        FeedPosition(position.to_string())
    }
}

#[async_trait]
impl EventStore for PostgresEventStore {
    async fn add(&self, event: &Event, now: DateTime<Utc>) -> Result<FeedPosition, AddError> {
        let added = self.database.write::<_, AddError, _>(async move |connection| {
            keep_a_place(connection, event.details.unix_time).await?;
            diesel::insert_into(events::table)
                .values((Row::of(event)?, events::created_at.eq(now)))
                .execute(connection)
                .await?;
            Ok(outbox::append(connection, &[state(event, false)?]).await?)
        });
        let position = added.await.map_err(TransactionError::flatten)?;
        Ok(self.published(position))
    }

    async fn change(&self, id: EventId, change: EventChange) -> Result<Changed, ChangeError> {
        let changed = self.database.write::<_, ChangeError, _>(async move |connection| {
            let (before, now) = lock(connection, id).await?.ok_or(Abort::Refuse(ChangeError::NoSuchEvent))?;
            let after = before.changed(change, now).map_err(|refused| Abort::Refuse(refused.into()))?;
            let Some(after) = after else { return Ok(None) };
            if after.details.unix_time != before.details.unix_time {
                keep_a_place(connection, after.details.unix_time).await?;
            }
            diesel::update(events::table.find(id.as_uuid()))
                .set(Row::of(&after)?)
                .execute(connection)
                .await?;
            Ok(Some(outbox::append(connection, &[state(&after, false)?]).await?))
        });
        let changed = changed.await.map_err(TransactionError::flatten)?;
        Ok(changed.map_or(Changed::Nothing, |position| Changed::Published(self.published(position))))
    }

    async fn cancel(&self, id: EventId, cancellation: Cancellation) -> Result<FeedPosition, CancelError> {
        let cancelled = self.database.write::<_, CancelError, _>(async move |connection| {
            let (event, clock) =
                lock(connection, id).await?.ok_or(Abort::Refuse(CancelError::NoSuchEvent))?;
            let event = event.cancelled(cancellation, clock);
            diesel::update(events::table.find(id.as_uuid()))
                .set(Row::of(&event)?)
                .execute(connection)
                .await?;
            Ok(outbox::append(connection, &[state(&event, false)?]).await?)
        });
        let position = cancelled.await.map_err(TransactionError::flatten)?;
        Ok(self.published(position))
    }

    async fn delete(&self, id: EventId, now: DateTime<Utc>) -> Result<FeedPosition, DeleteError> {
        let deleted = self.database.write::<_, DeleteError, _>(async move |connection| {
            let (mut event, clock) =
                lock(connection, id).await?.ok_or(Abort::Refuse(DeleteError::NoSuchEvent))?;
            event.version = event.next_version(clock);
            diesel::update(events::table.find(id.as_uuid()))
                .set((events::version.eq(event.version), events::deleted_at.eq(now)))
                .execute(connection)
                .await?;
            Ok(outbox::append(connection, &[state(&event, true)?]).await?)
        });
        let position = deleted.await.map_err(TransactionError::flatten)?;
        Ok(self.published(position))
    }

    async fn find(&self, id: EventId) -> Result<Option<Event>, Failure> {
        let found = self.database.read(async move |connection| {
            let row: Option<Row> = events::table
                .find(id.as_uuid())
                .filter(events::deleted_at.is_null())
                .select(Row::as_select())
                .first(connection)
                .await
                .optional()?;
            row.map(Row::into_event).transpose()
        });
        found.await
    }

    async fn list(&self, listing: Listing, now: DateTime<Utc>) -> Result<Vec<Event>, Failure> {
        let listed = self.database.read(async move |connection| {
            let rows: Vec<Row> = match listing.filter() == &EventFilter::default() {
                true => ReadPage::of(&listing).load(connection).await?,
                false => ReadFilteredPage::of(&listing, now.timestamp()).load(connection).await?,
            };
            rows.into_iter().map(Row::into_event).collect()
        });
        listed.await
    }
}

/// The event, locked until the transaction ends, and the database's time in Unix milliseconds; no event if it is
/// deleted.
async fn lock(
    connection: &mut AsyncPgConnection,
    id: EventId,
) -> Result<Option<(Event, i64)>, diesel::result::Error> {
    let now = sql::<BigInt>("floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    let row: Option<(Row, i64)> = events::table
        .find(id.as_uuid())
        .filter(events::deleted_at.is_null())
        .select((Row::as_select(), now))
        .for_update()
        .first(connection)
        .await
        .optional()?;
    row.map(|(row, now)| Ok((row.into_event()?, now))).transpose()
}
