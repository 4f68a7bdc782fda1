//! Cancelling tickets: exactly the user's latest, or none.

use std::convert::Infallible;

use booked_contract::feed::{CancelledTicket, TicketsCancelled};
use booked_feed::{NewEntry, outbox};
use booked_ids::{EventId, SeatNumber, TicketId, UserId};
use booked_postgres::Abort;
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    QueryDsl as _, QueryResult, QueryableByName,
    sql_types::{Bool, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{
    event_lock,
    schema::{events, tickets},
};
use crate::ports::Cancelled;

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

/// Runs in a transaction: cancels the seats if they are the user's latest still.
pub(super) async fn cancel(
    connection: &mut AsyncPgConnection,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
) -> Result<Cancelled, Abort<Infallible>> {
    // Two cancels of one user and event are carried out one after the other. Nobody waits for it with a connection in hand:
    // others need that.
    let turn: Turn = diesel::sql_query(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1::text || $2::text, 0)) AS is_mine",
    )
    .bind::<SqlUuid, _>(user.as_uuid())
    .bind::<SqlUuid, _>(event.as_uuid())
    .get_result(connection)
    .await?;
    if !turn.is_mine {
        return Ok(Cancelled::Contended);
    }
    event_lock::shared(connection, event).await?;
    // Like a booking: no deletion comes between this read and the ledger.
    let deleted: Option<bool> = events::table
        .find(event.as_uuid())
        .select(events::deleted)
        .for_share()
        .get_result(connection)
        .await
        .optional()?;
    let count = u32::try_from(seats.len()).unwrap_or(u32::MAX);
    if deleted != Some(false) || !same(&latest(connection, user, event, count).await?, seats) {
        return Ok(Cancelled::Changed);
    }
    let ids: Vec<Uuid> = seats.iter().map(|seat| event.ticket(*seat).as_uuid()).collect();
    let gone: Vec<Gone> = diesel::sql_query(
        "DELETE FROM tickets WHERE id = ANY($1) AND user_id = $2 RETURNING id, booking_id, booked_at, now() AS now",
    )
    .bind::<diesel::sql_types::Array<SqlUuid>, _>(&ids)
    .bind::<SqlUuid, _>(user.as_uuid())
    .load(connection)
    .await?;
    let Some(now) = gone.as_slice().first().map(|ticket| ticket.now) else { return Ok(Cancelled::Changed) };
    let cancelled = TicketsCancelled {
        event_id: event.as_uuid(),
        user_id: user.as_uuid(),
        tickets: gone.into_iter().filter_map(Gone::told).collect(),
        cancelled_unix_ms: now.timestamp_millis(),
    };
    let entry = NewEntry::new(TicketsCancelled::KIND, event.as_uuid(), &cancelled)?;
    outbox::append(connection, &[entry]).await?;
    Ok(Cancelled::Done)
}

impl Gone {
    fn told(self) -> Option<CancelledTicket> {
        let seat = TicketId::from_uuid(self.id).ok()?.seat().get();
        let booked_unix_ms = self.booked_at.timestamp_millis();
        Some(CancelledTicket { seat, booking_id: self.booking_id, booked_unix_ms })
    }
}

fn same(left: &[SeatNumber], right: &[SeatNumber]) -> bool {
    let sorted = |seats: &[SeatNumber]| {
        let mut seats = seats.to_vec();
        seats.sort_unstable();
        seats
    };
    sorted(left) == sorted(right)
}
