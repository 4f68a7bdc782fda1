//! An event as a row: what the sale depends on.

use booked_contract::sale::SaleTerms;
use booked_ids::EventId;
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, Queryable, Selectable,
    SelectableHelper as _, result::Error,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde_json::Value;
use uuid::Uuid;

use super::schema::events;
use crate::{domain::terms::Terms, ports::EventRecord};

/// The columns that the sale depends on.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
pub(super) struct EventRow {
    id: Uuid,
    version: i64,
    seat_count: i32,
    sale: Value,
}

/// An event that is not deleted.
pub(super) async fn live_event(
    connection: &mut AsyncPgConnection,
    event: EventId,
) -> QueryResult<Option<EventRecord>> {
    let row: Option<EventRow> = events::table
        .find(event.as_uuid())
        .filter(events::deleted.eq(false))
        .select(EventRow::as_select())
        .get_result(connection)
        .await
        .optional()?;
    row.map(EventRow::into_record).transpose()
}

impl EventRow {
    /// The event. It fails only if something other than this service has written the row.
    pub(super) fn into_record(self) -> QueryResult<EventRecord> {
        let id = EventId::from_uuid(self.id).map_err(|error| Error::DeserializationError(Box::new(error)))?;
        let sale = sale_terms(self.sale)?;
        let terms = Terms {
            version: self.version,
            on_sale_unix_time: sale.on_sale_unix_time,
            off_sale_unix_time: sale.off_sale_unix_time,
            paused: sale.paused,
            cancelled: sale.cancelled,
            max_per_buyer: sale.max_per_buyer,
        };
        Ok(EventRecord { id, capacity: u32::try_from(self.seat_count).unwrap_or_default(), terms })
    }
}

/// The column `sale`.
pub(super) fn sale_terms(sale: Value) -> QueryResult<SaleTerms> {
    serde_json::from_value(sale).map_err(|error| Error::DeserializationError(Box::new(error)))
}
