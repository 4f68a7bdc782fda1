//! `GET /analytics/cancellation_rates/`: what fraction of every event's tickets was cancelled.

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
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, SYS-02 unknown error"),
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
