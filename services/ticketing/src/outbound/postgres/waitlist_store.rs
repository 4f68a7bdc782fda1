//! The port [`WaitlistStore`] on Postgres.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_contract::event::EventDetails;
use booked_failure::Failure;
use booked_idempotency::{RequestKey, keep_done};
use booked_ids::{EventId, UserId};
use booked_postgres::{Abort, Database, TransactionError};
use booked_server::Random;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    QueryableByName,
    dsl::{count_star, exists, sql, sum},
    result::Error,
    sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde_json::Value;
use uuid::Uuid;

use super::{
    event_lock,
    event_row::sale_terms,
    notifications as to_send,
    schema::{events, notifications, waitlist_entries, waitlists},
};
use crate::{
    domain::{
        count::SeatsWanted,
        waitlist::{Allocation, Announcement, Waiting, Watermark, decide, seats_to_offer},
    },
    ports::{Backlog, DueNotification, Inventory, Joined, WaitingCount, WaitlistStore},
};

/// Who waits, in Postgres.
#[derive(Clone)]
pub struct PostgresWaitlistStore {
    database: Database,
    random: Arc<dyn Random>,
}

impl PostgresWaitlistStore {
    /// The store in this database.
    #[must_use]
    pub fn new(database: Database, random: Arc<dyn Random>) -> Self {
        Self { database, random }
    }
}

#[async_trait]
impl WaitlistStore for PostgresWaitlistStore {
    async fn is_waiting(&self, user: UserId, event: EventId) -> Result<bool, Failure> {
        let waiting = self.database.read(async move |connection| {
            let entry = waitlist_entries::table
                .filter(waitlist_entries::event_id.eq(event.as_uuid()))
                .filter(waitlist_entries::user_id.eq(user.as_uuid()));
            let live = events::table.find(event.as_uuid()).filter(events::deleted.eq(false)).filter(sql::<
                Bool,
            >(
                "NOT coalesce((sale->>'cancelled')::boolean, false)",
            ));
            diesel::select(exists(entry).and(exists(live))).get_result(connection).await
        });
        Ok(waiting.await?)
    }

    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        inventory: Arc<dyn Inventory>,
        key: Option<RequestKey>,
    ) -> Result<Joined, Failure> {
        let email = email.to_owned();
        let joined = self.database.transaction(async move |connection| {
            let joined = join(connection, user, &email, event, wanted, inventory.as_ref()).await?;
            if joined == Joined::Done {
                keep_done(connection, key, &()).await?;
            }
            Ok::<_, Abort<Failure>>(joined)
        });
        joined.await.map_err(TransactionError::flatten)
    }

    async fn awaited_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Option<Watermark>)>, Failure> {
        let after = after.map_or(Uuid::nil(), EventId::as_uuid);
        let rows: Vec<AwaitedRow> =
            self.database.read(async move |connection| awaited(connection, after, limit).await).await?;
        let awaited = rows.into_iter().filter_map(|row| {
            let seen =
                row.watermark_epoch.zip(row.watermark_freed).map(|(epoch, freed)| Watermark { epoch, freed });
            Some((EventId::from_uuid(row.event_id).ok()?, seen))
        });
        Ok(awaited.collect())
    }

    async fn notify(&self, event: EventId, inventory: Arc<dyn Inventory>) -> Result<u32, Failure> {
        let random = Arc::clone(&self.random);
        let told = self
            .database
            .transaction(async move |connection| {
                notify(connection, event, inventory.as_ref(), random.as_ref()).await
            })
            .await;
        told.map_err(TransactionError::flatten)
    }

    async fn lease_notifications(&self, holder: Uuid, limit: u32) -> Result<Vec<DueNotification>, Failure> {
        to_send::take(&self.database, holder, limit).await
    }

    async fn release_notifications(&self, holder: Uuid) -> Result<(), Failure> {
        to_send::leave(&self.database, holder).await
    }

    async fn mark_delivered(&self, message: Uuid, sent: bool) -> Result<(), Failure> {
        to_send::done(&self.database, message, sent).await
    }

    async fn postpone_notification(&self, message: Uuid, pause: Duration) -> Result<(), Failure> {
        to_send::waits(&self.database, message, pause).await
    }

    async fn count(&self, event: EventId) -> Result<WaitingCount, Failure> {
        let counted = self.database.read(async move |connection| {
            waitlist_entries::table
                .filter(waitlist_entries::event_id.eq(event.as_uuid()))
                .select((count_star(), sum(waitlist_entries::wanted)))
                .get_result::<(i64, Option<i64>)>(connection)
                .await
        });
        let (entries, tickets) = counted.await?;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(WaitingCount { entries: number(entries), tickets: number(tickets.unwrap_or_default()) })
    }

    async fn backlog(&self) -> Result<Backlog, Failure> {
        let counts: Counts = self
            .database
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT (SELECT count(*) FROM waitlist_entries) AS entries, count(*) AS notifications, \
                     greatest(coalesce(extract(epoch FROM now() - min(next_try_at))::bigint, 0), 0) AS overdue_s \
                     FROM (SELECT next_try_at FROM notifications WHERE done_at IS NULL UNION ALL \
                         SELECT next_try_at FROM cancelled_notifications WHERE done_at IS NULL) AS waiting",
                )
                .get_result(connection)
                .await
            })
            .await?;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(Backlog {
            entries: number(counts.entries),
            notifications: number(counts.notifications),
            most_overdue: Duration::from_secs(number(counts.overdue_s)),
        })
    }
}

#[derive(QueryableByName)]
struct AwaitedRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    watermark_epoch: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    watermark_freed: Option<i64>,
}

/// From one awaited event to the next along the index: lists that are empty cost nothing, however many there ever were.
async fn awaited(
    connection: &mut AsyncPgConnection,
    after: Uuid,
    limit: u32,
) -> QueryResult<Vec<AwaitedRow>> {
    diesel::sql_query(
        "WITH RECURSIVE awaited (event_id) AS ( \
             (SELECT event_id FROM waitlist_entries WHERE event_id > $1 ORDER BY event_id LIMIT 1) \
             UNION ALL \
             SELECT (SELECT next.event_id FROM waitlist_entries next WHERE next.event_id > awaited.event_id \
                     ORDER BY next.event_id LIMIT 1) \
             FROM awaited WHERE awaited.event_id IS NOT NULL \
         ), page AS (SELECT event_id FROM awaited WHERE event_id IS NOT NULL LIMIT $2) \
         SELECT event_id, watermark_epoch, watermark_freed FROM page LEFT JOIN waitlists USING (event_id) ORDER BY event_id",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(i64::from(limit))
    .load(connection)
    .await
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    notifications: i64,
    #[diesel(sql_type = BigInt)]
    overdue_s: i64,
}

async fn join(
    connection: &mut AsyncPgConnection,
    user: UserId,
    email: &str,
    event: EventId,
    wanted: SeatsWanted,
    inventory: &dyn Inventory,
) -> QueryResult<Joined> {
    event_lock::shared(connection, event).await?;
    // Shared, so that no deletion comes between this read and the entry.
    let sale: Option<Value> = events::table
        .find(event.as_uuid())
        .filter(events::deleted.eq(false))
        .select(events::sale)
        .for_share()
        .get_result(connection)
        .await
        .optional()?;
    let Some(sale) = sale else { return Ok(Joined::NoSuchEvent) };
    if sale_terms(sale)?.cancelled {
        return Ok(Joined::EventCancelled);
    }
    diesel::insert_into(waitlists::table)
        .values(waitlists::event_id.eq(event.as_uuid()))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    // The row is there: who finds none does not wait with a connection in hand, which others need, but comes again.
    let list = waitlists::table.find(event.as_uuid()).select(waitlists::event_id);
    let locked: Option<Uuid> = list.for_update().skip_locked().get_result(connection).await.optional()?;
    if locked.is_none() {
        return Ok(Joined::Contended);
    }
    let entries = waitlist_entries::table.filter(waitlist_entries::event_id.eq(event.as_uuid()));
    let anybody_waits: bool = diesel::select(exists(entries)).get_result(connection).await?;
    if !anybody_waits {
        // After the lock, so that what was seen never goes back to before a telling. Joining does without Valkey.
        let sale = inventory.sale_state(event).await.unwrap_or_default();
        set_watermark(connection, event, sale.map(|sale| Watermark { epoch: sale.epoch, freed: sale.freed }))
            .await?;
    }
    let added = diesel::insert_into(waitlist_entries::table)
        .values((
            waitlist_entries::event_id.eq(event.as_uuid()),
            waitlist_entries::user_id.eq(user.as_uuid()),
            waitlist_entries::email.eq(email),
            waitlist_entries::wanted.eq(i16::try_from(wanted.get()).unwrap_or(i16::MAX)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    Ok(if added == 0 { Joined::AlreadyWaiting } else { Joined::Done })
}

async fn notify(
    connection: &mut AsyncPgConnection,
    event: EventId,
    inventory: &dyn Inventory,
    random: &dyn Random,
) -> Result<u32, Abort<Failure>> {
    let Some(watermark) = lock(connection, event).await? else { return Ok(0) };
    // After the lock, so that what another replica announced is not announced again.
    let Some(sale) = inventory.sale_state(event).await.map_err(Abort::Refuse)? else { return Ok(0) };
    let seats = seats_to_offer(&sale, watermark.as_ref());
    let in_order = if seats == 0 { Vec::new() } else { first_entries(connection, event, seats).await? };
    let waiting: Vec<Waiting> = in_order.iter().map(|(waiting, _)| *waiting).collect();
    let Announcement { allocations, watermark } = decide(sale, watermark.as_ref(), &waiting);
    let Some(name) = name_of(connection, event).await? else { return Ok(0) };
    for (Allocation { user, seats }, (_, email)) in allocations.iter().zip(&in_order) {
        diesel::insert_into(notifications::table)
            .values((
                notifications::id.eq(random.uuid()),
                notifications::event_id.eq(event.as_uuid()),
                notifications::event_name.eq(&name),
                notifications::user_id.eq(user.as_uuid()),
                notifications::email.eq(email),
                notifications::seats.eq(i32::try_from(*seats).unwrap_or(i32::MAX)),
            ))
            .execute(connection)
            .await?;
    }
    let ended: Vec<Uuid> = allocations.iter().map(|it| it.user.as_uuid()).collect();
    if !ended.is_empty() {
        let entries =
            waitlist_entries::event_id.eq(event.as_uuid()).and(waitlist_entries::user_id.eq_any(ended));
        diesel::delete(waitlist_entries::table.filter(entries)).execute(connection).await?;
    }
    set_watermark(connection, event, Some(watermark)).await?;
    Ok(u32::try_from(allocations.len()).unwrap_or(u32::MAX))
}

/// Locks an event's list, and returns its watermark; none if nobody ever waited.
async fn lock(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<Option<Option<Watermark>>> {
    let row: Option<(Option<String>, Option<i64>)> = waitlists::table
        .find(event.as_uuid())
        .select((waitlists::watermark_epoch, waitlists::watermark_freed))
        .for_update()
        .get_result(connection)
        .await
        .optional()?;
    Ok(row.map(|(epoch, freed)| Some(Watermark { epoch: epoch?, freed: freed? })))
}

async fn set_watermark(
    connection: &mut AsyncPgConnection,
    event: EventId,
    seen: Option<Watermark>,
) -> QueryResult<()> {
    let (epoch, freed) = seen.map(|seen| (seen.epoch, seen.freed)).unzip();
    diesel::update(waitlists::table.find(event.as_uuid()))
        .set((waitlists::watermark_epoch.eq(epoch), waitlists::watermark_freed.eq(freed)))
        .execute(connection)
        .await
        .map(drop)
}

async fn first_entries(
    connection: &mut AsyncPgConnection,
    event: EventId,
    limit: u32,
) -> QueryResult<Vec<(Waiting, String)>> {
    let rows: Vec<(Uuid, String, i16)> = waitlist_entries::table
        .filter(waitlist_entries::event_id.eq(event.as_uuid()))
        .order(waitlist_entries::number)
        .limit(i64::from(limit))
        .select((waitlist_entries::user_id, waitlist_entries::email, waitlist_entries::wanted))
        .load(connection)
        .await?;
    let entries = rows.into_iter().filter_map(|(user, email, wanted)| {
        let wanted = SeatsWanted::new(i64::from(wanted))?;
        Some((Waiting { user: UserId::from_uuid(user), wanted }, email))
    });
    Ok(entries.collect())
}

/// What the notifications call the event; none if it is deleted or cancelled, and then nothing of it is announced. Its row is
/// shared until the end of the transaction, so that nobody whose wait ends here stood on the list when it was cancelled: they would
/// not hear of that.
async fn name_of(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<Option<String>> {
    let found: Option<(Value, Value)> = events::table
        .find(event.as_uuid())
        .filter(events::deleted.eq(false))
        .select((events::details, events::sale))
        .for_share()
        .get_result(connection)
        .await
        .optional()?;
    let Some((details, sale)) = found else { return Ok(None) };
    let details = if sale_terms(sale)?.cancelled { None } else { Some(details) };
    let name = |details: Value| {
        let details: EventDetails =
            serde_json::from_value(details).map_err(|error| Error::DeserializationError(Box::new(error)))?;
        Ok(details.name)
    };
    details.map(name).transpose()
}
