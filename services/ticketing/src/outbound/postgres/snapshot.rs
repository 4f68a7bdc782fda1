//! What an inventory is loaded from: an event's seats at one moment, read in pieces, so that a slow disk fails at none of them.

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, TicketId};
use booked_postgres::Database;
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::event_row::live_event;
use crate::ports::Snapshot;

/// Tickets of one piece: some milliseconds from memory, and from the slowest disk not near the limit of a piece of work.
const PIECE: usize = 20_000;

/// The seats of an event that is not deleted.
pub(super) async fn snapshot(database: &Database, event: EventId) -> Result<Option<Snapshot>, Failure> {
    let mut moment = database.moment().await?;
    let record = moment.read(async move |connection| live_event(connection, event).await).await?;
    let Some(record) = record else {
        moment.end().await?;
        return Ok(None);
    };
    let (mut sold, mut after) = (Vec::new(), event.as_uuid());
    loop {
        let piece: Piece = moment
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT ARRAY(SELECT id FROM tickets WHERE id > $1 AND id <= last_ticket_id($2) \
                     ORDER BY id LIMIT $3) AS ids",
                )
                .bind::<SqlUuid, _>(after)
                .bind::<SqlUuid, _>(event.as_uuid())
                .bind::<BigInt, _>(i64::try_from(PIECE).unwrap_or(i64::MAX))
                .get_result(connection)
                .await
            })
            .await?;
        let is_last = piece.ids.len() < PIECE;
        after = piece.ids.last().copied().unwrap_or(after);
        sold.extend(piece.seats());
        if is_last {
            moment.end().await?;
            return Ok(Some(Snapshot { event: record, sold }));
        }
    }
}

#[derive(QueryableByName)]
struct Piece {
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
}

impl Piece {
    fn seats(self) -> impl Iterator<Item = SeatNumber> {
        self.ids.into_iter().filter_map(|id| TicketId::from_uuid(id).ok()).map(TicketId::seat)
    }
}
