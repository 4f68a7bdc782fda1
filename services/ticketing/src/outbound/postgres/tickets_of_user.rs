//! The tickets that a user has, those that were booked latest first, page by page. A read without a rule.

use booked_contract::ticket::OwnTicket;
use booked_failure::Failure;
use booked_ids::{EventId, TicketId, UserId};
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, pg::Pg};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::schema::{events, tickets};

/// A place between two tickets of a user: right after this one, which need not be there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketCursor {
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// Its id.
    pub ticket: Uuid,
}

/// At most `limit` tickets of the user, all of this event if one is named, and the place where the next page begins if there is
/// one. The index has them by event, so without one all tickets of the user are read, as for the list of bookings: users
/// have few, and one more index would make every booking dearer.
///
/// # Errors
///
/// See [`Failure`].
pub async fn tickets_of_user(
    database: &Database,
    user: UserId,
    event: Option<EventId>,
    after: Option<TicketCursor>,
    limit: i64,
) -> Result<(Vec<OwnTicket>, Option<TicketCursor>), Failure> {
    let mut rows: Vec<(Uuid, Uuid, DateTime<Utc>)> = database
        .read(async move |connection| {
            let mut query = tickets::table
                .inner_join(events::table.on(events::id.eq(tickets::event_id).and(events::deleted.eq(false))))
                .filter(tickets::user_id.eq(user.as_uuid()))
                .order((tickets::booked_at.desc(), tickets::id.desc()))
                // One more tells whether there is another page.
                .limit(limit + 1)
                .select((tickets::id, tickets::booking_id, tickets::booked_at))
                .into_boxed::<Pg>();
            if let Some(event) = event {
                query = query.filter(tickets::event_id.eq(event.as_uuid()));
            }
            if let Some(TicketCursor { booked_at, ticket }) = after {
                let is_behind = tickets::booked_at.lt(booked_at).or(tickets::id.lt(ticket));
                query = query.filter(tickets::booked_at.le(booked_at).and(is_behind));
            }
            query.load(connection).await
        })
        .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last);
    let next = next.map(|(ticket, _, booked_at)| TicketCursor { booked_at: *booked_at, ticket: *ticket });
    let tickets = rows.into_iter().filter_map(|(id, booking_id, booked_at)| {
        let ticket = TicketId::from_uuid(id).ok()?;
        Some(OwnTicket {
            ticket_id: id,
            event_id: ticket.event().as_uuid(),
            seat: ticket.seat().get(),
            booking_id,
            booked_unix_time: booked_at.timestamp(),
        })
    });
    Ok((tickets.collect(), next))
}
