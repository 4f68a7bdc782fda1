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
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, SYS-02 unknown error"),
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
