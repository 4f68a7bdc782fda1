//! `POST /event/`

use actix_web::{HttpResponse, http::header, web};
use booked_contract::{ErrorBody, event::NewEvent};
use booked_server::{Admin, ApiError, Body, Lifecycle};

use super::fields::{parse_latitude, parse_longitude};
use crate::{
    domain::{Address, Coordinates, Description, EventDetails, EventName, InvalidTime, SeatCount, UnixTime},
    ports::AddError,
    usecases::{self, Context},
};

#[utoipa::path(
    post,
    path = "/event/",
    tag = "event",
    summary = "Make an event and put its seats on sale",
    security(("bearer" = [])),
    request_body = NewEvent,
    responses(
        (status = 201, description = "Made", headers(("Location" = String, description = "`/event/{id}/`"))),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, \
            EVENT-01 seat_count is not 1 to 1,000,000, EVENT-04 another field is missing, empty or out of range, \
            there is one coordinate without the other, or the second has 1,000 events already"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
    )
)]
pub(super) async fn create_event(
    _: Admin,
    Body(event): Body<NewEvent>,
    context: web::Data<Context>,
    lifecycle: web::Data<Lifecycle>,
) -> Result<HttpResponse, ApiError> {
    let details = parse(event)?;
    let id = lifecycle.detach(async move { usecases::create_event(&context, details).await }).await??;
    tracing::info!(event = %id, "created");
    Ok(HttpResponse::Created().insert_header((header::LOCATION, format!("/event/{id}/"))).finish())
}

fn parse(event: NewEvent) -> Result<EventDetails, ApiError> {
    // Seat counts are checked first, as in every request.
    let seat_count = SeatCount::parse(event.seat_count)?;
    Ok(EventDetails {
        name: EventName::parse(event.name)?,
        unix_time: UnixTime::parse(event.unix_time.ok_or(InvalidTime)?)?,
        address: Address::parse(event.address)?,
        description: Description::parse(event.description)?,
        coordinates: Coordinates::pair(parse_latitude(event.latitude)?, parse_longitude(event.longitude)?)?,
        seat_count,
    })
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::FullSecond(full) => full.into(),
            AddError::Failed(failure) => failure.into(),
        }
    }
}
