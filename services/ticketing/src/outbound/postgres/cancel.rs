//! Cancelling tickets: exactly those of a selection, or none.

use std::collections::{BTreeMap, BTreeSet};

use booked_contract::feed::{CancelledTicket, TicketsCancelled};
use booked_failure::Failure;
use booked_feed::{NewEntry, outbox};
use booked_idempotency::{RequestKey, keep_done};
use booked_ids::{EventId, SeatNumber, TicketId, UserId};
use booked_postgres::Abort;
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, QueryResult,
    QueryableByName,
    sql_types::{Array, BigInt, Bool, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{
    event_lock,
    schema::{events, tickets},
};
use crate::{
    domain::booking::Tickets,
    ports::{Cancelled, Selection},
};

/// The user's latest tickets of an event that is not deleted, the latest first.
pub(super) async fn latest(
    connection: &mut AsyncPgConnection,
    user: UserId,
    event: EventId,
    count: u32,
) -> QueryResult<Vec<SeatNumber>> {
    let ids: Vec<Uuid> = tickets::table
        .inner_join(events::table.on(events::id.eq(tickets::event_id).and(events::deleted.eq(false))))
        .filter(tickets::user_id.eq(user.as_uuid()))
        .filter(tickets::event_id.eq(event.as_uuid()))
        .order((tickets::booked_at.desc(), tickets::id.desc()))
        .limit(i64::from(count))
        .select(tickets::id)
        .load(connection)
        .await?;
    Ok(ids.into_iter().filter_map(|id| TicketId::from_uuid(id).ok()).map(TicketId::seat).collect())
}

/// How many of the tickets are the user's, and of events that are not deleted.
pub(super) async fn count_owned(
    connection: &mut AsyncPgConnection,
    user: UserId,
    asked: &Tickets,
) -> QueryResult<usize> {
    let ids: Vec<Uuid> = asked.iter().map(TicketId::as_uuid).collect();
    let count: i64 = tickets::table
        .inner_join(events::table.on(events::id.eq(tickets::event_id).and(events::deleted.eq(false))))
        .filter(tickets::id.eq_any(ids).and(tickets::user_id.eq(user.as_uuid())))
        .count()
        .get_result(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

#[derive(QueryableByName)]
struct Turn {
    #[diesel(sql_type = Bool)]
    is_mine: bool,
}

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    booked_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

/// Runs in a transaction: cancels the tickets if all of them are the user's still, and the latest if they are to be that.
pub(super) async fn cancel(
    connection: &mut AsyncPgConnection,
    user: UserId,
    wanted: &Tickets,
    selection: Selection,
    key: Option<RequestKey>,
) -> Result<Cancelled, Abort<Failure>> {
    if !take_turn(connection, user, wanted, selection).await? {
        return Ok(Cancelled::Contended);
    }
    let events: BTreeSet<EventId> = wanted.by_event().map(|(event, _)| event).collect();
    event_lock::shared_by_all(connection, &events).await?;
    if !lock_live(connection, &events).await? || !are_selected(connection, user, wanted, selection).await? {
        return Ok(Cancelled::Changed);
    }
    let gone = delete(connection, user, wanted).await?;
    if gone.is_empty() {
        return Ok(Cancelled::Changed);
    }
    outbox::append(connection, &entries(user, gone)?).await?;
    keep_done(connection, key, &()).await?;
    Ok(Cancelled::Done)
}

/// Two cancels of one user and event are carried out one after the other. Nobody waits for it with a connection in hand:
/// others need that. Who has chosen tickets takes the turn at all events of the user, since one lock for each of a thousand
/// events would be more than the server has room for.
async fn take_turn(
    connection: &mut AsyncPgConnection,
    user: UserId,
    wanted: &Tickets,
    selection: Selection,
) -> QueryResult<bool> {
    let turn: Turn = match selection {
        Selection::Latest => {
            let event = wanted.by_event().next().map(|(event, _)| event.as_uuid());
            diesel::sql_query(
                "SELECT pg_try_advisory_xact_lock_shared(hashtextextended($1::text, 0)) \
                     AND pg_try_advisory_xact_lock(hashtextextended($1::text || $2::text, 0)) AS is_mine",
            )
            .bind::<SqlUuid, _>(user.as_uuid())
            .bind::<SqlUuid, _>(event.unwrap_or_default())
            .get_result(connection)
            .await?
        }
        Selection::Chosen => {
            diesel::sql_query("SELECT pg_try_advisory_xact_lock(hashtextextended($1::text, 0)) AS is_mine")
                .bind::<SqlUuid, _>(user.as_uuid())
                .get_result(connection)
                .await?
        }
    };
    Ok(turn.is_mine)
}

/// Whether none of the events is deleted. As for a booking, no deletion comes between this read and the ledger.
async fn lock_live(connection: &mut AsyncPgConnection, events: &BTreeSet<EventId>) -> QueryResult<bool> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
    let deleted: Vec<bool> = events::table
        .filter(events::id.eq_any(ids))
        .order(events::id)
        .select(events::deleted)
        .for_share()
        .load(connection)
        .await?;
    Ok(deleted.len() == events.len() && !deleted.contains(&true))
}

/// Whether the tickets are the user's latest, if they are to be that.
async fn are_selected(
    connection: &mut AsyncPgConnection,
    user: UserId,
    wanted: &Tickets,
    selection: Selection,
) -> QueryResult<bool> {
    if selection == Selection::Chosen {
        return Ok(true);
    }
    for (event, seats) in wanted.by_event() {
        let count = u32::try_from(seats.len()).unwrap_or(u32::MAX);
        let latest: BTreeSet<SeatNumber> =
            latest(connection, user, event, count).await?.into_iter().collect();
        if !latest.into_iter().eq(seats) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes all of these tickets, if all are there and the user's, or none, even if somebody deletes one of them at the same
/// moment without a turn: the release before this one knows no turn at all events of a user. The tickets are locked in the
/// order of their ids.
async fn delete(
    connection: &mut AsyncPgConnection,
    user: UserId,
    wanted: &Tickets,
) -> QueryResult<Vec<Gone>> {
    let ids: Vec<Uuid> = wanted.iter().map(TicketId::as_uuid).collect();
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    diesel::sql_query(
        "WITH own AS MATERIALIZED ( \
             SELECT id FROM tickets WHERE id = ANY($1) AND user_id = $2 ORDER BY id FOR UPDATE) \
         DELETE FROM tickets WHERE id = ANY($1) AND user_id = $2 AND (SELECT count(*) FROM own) = $3 \
         RETURNING id, booking_id, booked_at, now() AS now",
    )
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<SqlUuid, _>(user.as_uuid())
    .bind::<BigInt, _>(count)
    .load(connection)
    .await
}

/// What the feed tells of the tickets: an entry for each event.
fn entries(user: UserId, gone: Vec<Gone>) -> QueryResult<Vec<NewEntry>> {
    let mut cancelled: BTreeMap<Uuid, TicketsCancelled> = BTreeMap::new();
    for ticket in gone {
        let Ok(id) = TicketId::from_uuid(ticket.id) else { continue };
        let event_id = id.event().as_uuid();
        let of_event = cancelled.entry(event_id).or_insert_with(|| TicketsCancelled {
            event_id,
            user_id: user.as_uuid(),
            tickets: Vec::new(),
            cancelled_unix_ms: ticket.now.timestamp_millis(),
        });
        of_event.tickets.push(CancelledTicket {
            seat: id.seat().get(),
            booking_id: ticket.booking_id,
            booked_unix_ms: ticket.booked_at.timestamp_millis(),
        });
    }
    let entries = cancelled.iter();
    entries.map(|(event, cancelled)| NewEntry::new(TicketsCancelled::KIND, *event, cancelled)).collect()
}
