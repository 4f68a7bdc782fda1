//! Events in the table `events`, and their states in the outbox.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_feed::{FeedSignal, NewEntry, outbox};
use booked_idempotency::{RequestKey, keep_done};
use booked_ids::EventId;
use booked_postgres::{Abort, Database, TransactionError};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _, dsl::sql,
    sql_types::BigInt,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::{
    kept_change::KeptChange,
    pages::{ReadFilteredPage, ReadPage},
    rows::{Row, state},
    schema::events,
    seconds::keep_a_place,
};
use crate::{
    domain::{Cancellation, Event, EventChange, EventFilter, Listing},
    ports::{AddError, CancelError, ChangeError, DeleteError, EventStore, FeedPosition, Stored},
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
    fn published(&self, stored: Stored) -> Stored {
        self.signal.notify();
        stored
    }
}

/// Says in the feed what became of an event, and keeps the request's key with it: the last step of every change.
async fn publish<E: From<Failure>>(
    connection: &mut AsyncPgConnection,
    event: &Event,
    entry: NewEntry,
    is_promised: bool,
    key: Option<RequestKey>,
) -> Result<Stored, Abort<E>> {
    let position = outbox::append(connection, &[entry]).await?;
    let position = Some(FeedPosition(position.to_string()));
    let stored = Stored { event: event.id, position, is_promised };
    keep_done(connection, key, &KeptChange::from(stored.clone())).await?;
    Ok(stored)
}

#[async_trait]
impl EventStore for PostgresEventStore {
    async fn add(
        &self,
        event: &Event,
        now: DateTime<Utc>,
        key: Option<RequestKey>,
    ) -> Result<Stored, AddError> {
        let added = self.database.write::<_, AddError, _>(async move |connection| {
            keep_a_place(connection, event.details.unix_time).await?;
            diesel::insert_into(events::table)
                .values((Row::of(event)?, events::created_at.eq(now)))
                .execute(connection)
                .await?;
            publish(connection, event, state(event, false)?, false, key).await
        });
        added.await.map(|stored| self.published(stored)).map_err(TransactionError::flatten)
    }

    async fn change(
        &self,
        id: EventId,
        change: EventChange,
        key: Option<RequestKey>,
    ) -> Result<Stored, ChangeError> {
        let is_promised = !change.terms.is_empty();
        let changed = self.database.write::<_, ChangeError, _>(async move |connection| {
            let (before, now) = lock(connection, id).await?.ok_or(Abort::Refuse(ChangeError::NoSuchEvent))?;
            let after = before.changed(change, now).map_err(|refused| Abort::Refuse(refused.into()))?;
            let Some(after) = after else {
                let stored = Stored { event: id, position: None, is_promised };
                keep_done(connection, key, &KeptChange::from(stored.clone())).await?;
                return Ok(stored);
            };
            if after.details.unix_time != before.details.unix_time {
                keep_a_place(connection, after.details.unix_time).await?;
            }
            diesel::update(events::table.find(id.as_uuid()))
                .set(Row::of(&after)?)
                .execute(connection)
                .await?;
            publish(connection, &after, state(&after, false)?, is_promised, key).await
        });
        changed.await.map(|stored| self.published(stored)).map_err(TransactionError::flatten)
    }

    async fn cancel(
        &self,
        id: EventId,
        cancellation: Cancellation,
        key: Option<RequestKey>,
    ) -> Result<Stored, CancelError> {
        let cancelled = self.database.write::<_, CancelError, _>(async move |connection| {
            let (event, clock) =
                lock(connection, id).await?.ok_or(Abort::Refuse(CancelError::NoSuchEvent))?;
            let event = event.cancelled(cancellation, clock);
            diesel::update(events::table.find(id.as_uuid()))
                .set(Row::of(&event)?)
                .execute(connection)
                .await?;
            publish(connection, &event, state(&event, false)?, true, key).await
        });
        cancelled.await.map(|stored| self.published(stored)).map_err(TransactionError::flatten)
    }

    async fn delete(
        &self,
        id: EventId,
        now: DateTime<Utc>,
        key: Option<RequestKey>,
    ) -> Result<Stored, DeleteError> {
        let deleted = self.database.write::<_, DeleteError, _>(async move |connection| {
            let (mut event, clock) =
                lock(connection, id).await?.ok_or(Abort::Refuse(DeleteError::NoSuchEvent))?;
            event.version = event.next_version(clock);
            diesel::update(events::table.find(id.as_uuid()))
                .set((events::version.eq(event.version), events::deleted_at.eq(now)))
                .execute(connection)
                .await?;
            publish(connection, &event, state(&event, true)?, false, key).await
        });
        deleted.await.map(|stored| self.published(stored)).map_err(TransactionError::flatten)
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
