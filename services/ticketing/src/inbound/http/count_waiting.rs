//! `GET /waitlist/`: how many wait for seats of an event, for admins.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use booked_contract::{Code, ErrorBody, ticket::WaitlistLength};
use booked_failure::During;
use booked_server::{Admin, ApiError, query::first};

use super::{deadline::Deadline, ids::event_id};
use crate::usecases::{self, Context};

/// How many wait for seats of an event.
#[utoipa::path(
    get,
    path = "/waitlist/",
    tag = "waitlist",
    security(("bearer" = [])),
    params(("event_id" = String, Query, format = "uuid", description = "The event; nobody waits for one that does not exist")),
    responses(
        (status = 200, description = "As it is now", body = WaitlistLength),
        (status = 400, description = "SYS-03 (event_id is missing or no UUID), EVENT-03 (no event can have this id)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-01", body = ErrorBody),
    )
)]
pub(super) async fn count_waiting(
    _: Admin,
    request: HttpRequest,
    context: Data<Context>,
    deadline: Data<Deadline>,
) -> Result<Json<WaitlistLength>, ApiError> {
    let event = event_id(&first(request.query_string(), "event_id").unwrap_or_default())?;
    let event = event.ok_or(Code::NoSuchEvent)?;
    let waiting = deadline.keep(usecases::count_waiting(&context, event)).await?;
    let waiting = waiting.map_err(|failure| failure.during(During::Read))?;
    Ok(Json(WaitlistLength { event_id: event.as_uuid(), entries: waiting.entries, tickets: waiting.tickets }))
}
