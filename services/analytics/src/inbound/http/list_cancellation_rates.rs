//! `GET /analytics/cancellation_rates/`: what part of every event's tickets was cancelled.

use actix_web::web;
use booked_contract::{ErrorBody, analytics::EventCancellations};
use booked_server::{Admin, ApiError};

use super::context::Context;
use crate::{domain::Sales, outbound::postgres::counts};

#[utoipa::path(
    get,
    path = "/analytics/cancellation_rates/",
    tag = "analytics",
    summary = "How many of every event's tickets come back",
    security(("bearer" = [])),
    responses(
        (status = 200, body = [EventCancellations], description = "By id. Events without a sale are there too. \
            Normally not older than a second."),
        (status = 401, body = ErrorBody, description = "USER-06: token missing or invalid. USER-01: not an admin."),
        (status = 500, body = ErrorBody, description = "DB-01: read failed."),
        (status = 503, body = ErrorBody, description = "SYS-07: try again.",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(crate) async fn list_cancellation_rates(
    _: Admin,
    context: web::Data<Context>,
) -> Result<web::Json<Vec<EventCancellations>>, ApiError> {
    let today = context.clock.now().date_naive();
    let sales = counts::read(&context.database, today).await?;
    Ok(web::Json(sales.iter().map(row).collect()))
}

fn row(sales: &Sales) -> EventCancellations {
    EventCancellations { event_id: sales.event.as_uuid(), cancellation_rate: sales.cancellation_rate() }
}
