//! The port [`WaitlistStore`] on Postgres.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_ids::{EventId, UserId};
use booked_postgres::{Abort, Database, WriteFailure};
use booked_server::Random;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    QueryableByName, dsl::exists, sql_types::BigInt,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{
    leases::{give_lease, take_lease},
    schema::{events, messages, waitlist_entries, waitlists},
    turns,
};
use crate::{
    domain::{
        count::SeatsWanted,
        waitlist::{Seen, Told, Waiting, seats_to_announce, whom_to_tell},
    },
    ports::{Backlog, Joined, Message, PoolFailure, SeatPool, StoreFailure, WaitlistStore},
};

/// The name of the lease.
const DELIVERY: &str = "deliver_messages";
/// How long the replica that delivers may go on without asking again.
const DELIVERY_LEASE: Duration = Duration::from_secs(60);

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
    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        pool: Arc<dyn SeatPool>,
    ) -> Result<Joined, StoreFailure> {
        let email = email.to_owned();
        let joined = self
            .database
            .transaction(async move |connection| {
                let joined = join(connection, user, &email, event, wanted, pool.as_ref()).await;
                joined.map_err(Abort::<Infallible>::from)
            })
            .await?;
        Ok(joined)
    }

    async fn awaited_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreFailure> {
        let after = after.map_or(Uuid::nil(), EventId::as_uuid);
        let ids: Vec<Uuid> = self
            .database
            .read(async move |connection| {
                waitlists::table
                    .filter(waitlists::event_id.gt(after))
                    .filter(exists(
                        waitlist_entries::table.filter(waitlist_entries::event_id.eq(waitlists::event_id)),
                    ))
                    .order(waitlists::event_id)
                    .limit(i64::from(limit))
                    .select(waitlists::event_id)
                    .load(connection)
                    .await
            })
            .await?;
        Ok(ids.into_iter().filter_map(|id| EventId::from_uuid(id).ok()).collect())
    }

    async fn tell(&self, event: EventId, pool: Arc<dyn SeatPool>) -> Result<u32, StoreFailure> {
        let random = Arc::clone(&self.random);
        let told = self
            .database
            .transaction(async move |connection| {
                tell(connection, event, pool.as_ref(), random.as_ref()).await
            })
            .await;
        told.map_err(|failure| match failure {
            WriteFailure::Aborted(pool) => StoreFailure::Unavailable(pool.to_string()),
            WriteFailure::Unavailable(why) => StoreFailure::Unavailable(why),
            WriteFailure::Refused(error) => StoreFailure::Refused(error.to_string()),
            WriteFailure::Unknown(why) => StoreFailure::Unknown(why),
        })
    }

    async fn take_messages(&self, holder: Uuid, limit: u32) -> Result<Vec<Message>, StoreFailure> {
        let rows: Vec<(Uuid, String, Uuid, String, i32)> = self
            .database
            .transaction(async move |connection| {
                if !take_lease(connection, DELIVERY, holder, DELIVERY_LEASE).await? {
                    return Ok::<_, Abort<Infallible>>(Vec::new());
                }
                let rows = messages::table
                    .filter(messages::done_at.is_null())
                    .order(messages::number)
                    .limit(i64::from(limit))
                    .select((
                        messages::id,
                        messages::email,
                        messages::event_id,
                        messages::event_name,
                        messages::seats,
                    ))
                    .load(connection)
                    .await?;
                Ok(rows)
            })
            .await?;
        let messages = rows.into_iter().filter_map(|(id, email, event_id, event_name, seats)| {
            let event_id = EventId::from_uuid(event_id).ok()?;
            Some(Message { id, email, event_id, event_name, seats: u32::try_from(seats).ok()? })
        });
        Ok(messages.collect())
    }

    async fn leave_messages(&self, holder: Uuid) -> Result<(), StoreFailure> {
        let giving = self.database.transaction(async move |connection| {
            give_lease(connection, DELIVERY, holder).await.map_err(Abort::<Infallible>::from)
        });
        Ok(giving.await?)
    }

    async fn message_done(&self, message: Uuid, sent: bool) -> Result<(), StoreFailure> {
        self.database
            .transaction(async move |connection| {
                diesel::update(messages::table.filter(messages::id.eq(message)))
                    .set((messages::done_at.eq(diesel::dsl::now), messages::sent.eq(sent)))
                    .execute(connection)
                    .await
                    .map_err(Abort::<Infallible>::from)
            })
            .await?;
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, StoreFailure> {
        let counts: Counts = self
            .database
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT (SELECT count(*) FROM waitlist_entries) AS entries, count(*) AS messages, \
                     coalesce(extract(epoch FROM now() - min(told_at))::bigint, 0) AS oldest_s \
                     FROM messages WHERE done_at IS NULL",
                )
                .get_result(connection)
                .await
            })
            .await?;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(Backlog {
            entries: number(counts.entries),
            messages: number(counts.messages),
            oldest_message: Duration::from_secs(number(counts.oldest_s)),
        })
    }
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    messages: i64,
    #[diesel(sql_type = BigInt)]
    oldest_s: i64,
}

async fn join(
    connection: &mut AsyncPgConnection,
    user: UserId,
    email: &str,
    event: EventId,
    wanted: SeatsWanted,
    pool: &dyn SeatPool,
) -> QueryResult<Joined> {
    turns::share(connection, event).await?;
    // Shared, so that no deletion comes between the look and the entry.
    let live: Option<Uuid> = events::table
        .find(event.as_uuid())
        .filter(events::deleted.eq(false))
        .select(events::id)
        .for_share()
        .get_result(connection)
        .await
        .optional()?;
    if live.is_none() {
        return Ok(Joined::NoSuchEvent);
    }
    diesel::insert_into(waitlists::table)
        .values(waitlists::event_id.eq(event.as_uuid()))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    lock(connection, event).await?;
    let entries = waitlist_entries::table.filter(waitlist_entries::event_id.eq(event.as_uuid()));
    let anybody_waits: bool = diesel::select(exists(entries)).get_result(connection).await?;
    if !anybody_waits {
        // After the lock, so that what was seen never goes back to before a telling. Joining does without Valkey.
        let sale = pool.sale_state(event).await.unwrap_or_default();
        set_seen(connection, event, sale.map(|sale| Seen { epoch: sale.epoch, freed: sale.freed })).await?;
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

async fn tell(
    connection: &mut AsyncPgConnection,
    event: EventId,
    pool: &dyn SeatPool,
    random: &dyn Random,
) -> Result<u32, Abort<PoolFailure>> {
    let Some(seen) = lock(connection, event).await? else { return Ok(0) };
    // After the lock, so that what another replica announced is not announced again.
    let Some(sale) = pool.sale_state(event).await.map_err(Abort::Refuse)? else { return Ok(0) };
    let seats = seats_to_announce(&sale, seen.as_ref());
    let in_order = if seats == 0 { Vec::new() } else { first_entries(connection, event, seats).await? };
    let waiting: Vec<Waiting> = in_order.iter().map(|(waiting, _)| *waiting).collect();
    let told = whom_to_tell(seats, &waiting);
    let name: Option<String> = events::table
        .find(event.as_uuid())
        .filter(events::deleted.eq(false))
        .select(events::name)
        .get_result(connection)
        .await
        .optional()?;
    let Some(name) = name else { return Ok(0) };
    for (Told { user, seats }, (_, email)) in told.iter().zip(&in_order) {
        diesel::insert_into(messages::table)
            .values((
                messages::id.eq(random.uuid()),
                messages::event_id.eq(event.as_uuid()),
                messages::event_name.eq(&name),
                messages::user_id.eq(user.as_uuid()),
                messages::email.eq(email),
                messages::seats.eq(i32::try_from(*seats).unwrap_or(i32::MAX)),
            ))
            .execute(connection)
            .await?;
    }
    let ended: Vec<Uuid> = told.iter().map(|told| told.user.as_uuid()).collect();
    if !ended.is_empty() {
        let entries =
            waitlist_entries::event_id.eq(event.as_uuid()).and(waitlist_entries::user_id.eq_any(ended));
        diesel::delete(waitlist_entries::table.filter(entries)).execute(connection).await?;
    }
    set_seen(connection, event, Some(Seen { epoch: sale.epoch, freed: sale.freed })).await?;
    Ok(u32::try_from(told.len()).unwrap_or(u32::MAX))
}

/// Locks an event's list, and says what was seen of its sale; none where nobody ever waited.
async fn lock(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<Option<Option<Seen>>> {
    let row: Option<(Option<String>, Option<i64>)> = waitlists::table
        .find(event.as_uuid())
        .select((waitlists::seen_epoch, waitlists::seen_freed))
        .for_update()
        .get_result(connection)
        .await
        .optional()?;
    Ok(row.map(|(epoch, freed)| Some(Seen { epoch: epoch?, freed: freed? })))
}

async fn set_seen(connection: &mut AsyncPgConnection, event: EventId, seen: Option<Seen>) -> QueryResult<()> {
    let (epoch, freed) = seen.map(|seen| (seen.epoch, seen.freed)).unzip();
    diesel::update(waitlists::table.find(event.as_uuid()))
        .set((waitlists::seen_epoch.eq(epoch), waitlists::seen_freed.eq(freed)))
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
