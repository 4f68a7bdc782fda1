//! `GET /analytics/`: how well every event sells.

use actix_web::web;
use booked_contract::{ErrorBody, analytics::EventAnalytics};
use booked_server::{Admin, ApiError};

use super::context::Context;
use crate::{
    domain::{Sales, best_selling_first},
    outbound::postgres::counts,
};

#[utoipa::path(
    get,
    path = "/analytics/",
    tag = "analytics",
    summary = "How well every event sells, the best first",
    security(("bearer" = [])),
    responses(
        (status = 200, body = [EventAnalytics], description = "By `capacity_utilisation`, falling; ties by id. \
            Events without a sale are there too. Normally not older than a second."),
        (status = 401, body = ErrorBody, description = "USER-06: token missing or invalid. USER-01: not an admin."),
        (status = 500, body = ErrorBody, description = "DB-01: read failed."),
        (status = 503, body = ErrorBody, description = "SYS-07: try again.",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(crate) async fn list_analytics(
    _: Admin,
    context: web::Data<Context>,
) -> Result<web::Json<Vec<EventAnalytics>>, ApiError> {
    let today = context.clock.now().date_naive();
    let mut sales = counts::read(&context.database, today).await?;
    best_selling_first(&mut sales);
    Ok(web::Json(sales.iter().map(row).collect()))
}

fn row(sales: &Sales) -> EventAnalytics {
    EventAnalytics {
        event_id: sales.event.as_uuid(),
        total_seats: sales.total_seats,
        sold_tickets: sales.sold(),
        capacity_utilisation: sales.capacity_utilisation(),
        today_booked_tickets: sales.sold_today(),
    }
}
