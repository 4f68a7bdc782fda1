//! Reads the event service's database.

use std::collections::HashMap;

use booked_ids::EventId;
use tokio_postgres::Row;

use super::snapshot::{Snapshot, column, count, uuid};
use crate::{ReadError, evidence::EventRow};

pub(super) async fn read(snapshot: &mut Snapshot) -> Result<HashMap<EventId, EventRow>, ReadError> {
    let mut events = HashMap::new();
    let query = "SELECT id::text, version, deleted_at IS NOT NULL, seat_count FROM events";
    snapshot
        .each(query, |row| {
            events.insert(event_id(row, 0)?, event_row(row)?);
            Ok(())
        })
        .await?;
    Ok(events)
}

/// From the columns that follow the id: version, whether it is deleted, seat count.
pub(super) fn event_row(row: &Row) -> Result<EventRow, String> {
    Ok(EventRow { version: column(row, 1)?, deleted: column(row, 2)?, seat_count: count(row, 3)? })
}

pub(super) fn event_id(row: &Row, index: usize) -> Result<EventId, String> {
    let id = uuid(row, index)?;
    EventId::from_uuid(id).map_err(|error| format!("{id}: {error}"))
}
