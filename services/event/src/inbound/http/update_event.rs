//! `POST /event/update/`

use actix_web::{HttpResponse, web};
use booked_contract::{Code, ErrorBody, event};
use booked_server::{Admin, ApiError, Body, Lifecycle};

use super::fields::{known_form, parse_id, parse_latitude, parse_longitude};
use crate::{
    domain::{Address, ChangeRefused, Description, EventChange, EventName, SeatCount, UnixTime},
    ports::ChangeError,
    usecases::{self, Context},
};

#[utoipa::path(
    post,
    path = "/event/update/",
    tag = "event",
    summary = "Change an event",
    description = "Only what is named changes; `null` names nothing. More seats go on sale at once.",
    security(("bearer" = [])),
    request_body = event::EventChange,
    responses(
        (status = 201, description = "Changed"),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, \
            EVENT-02 the id is missing or no UUID, EVENT-01 seat_count is not 1 to 1,000,000, EVENT-04 another field \
            is empty or out of range, there would be one coordinate without the other, or the second has 1,000 events \
            already, EVENT-03 no such event, \
            EVENT-05 seats cannot be taken away"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
    )
)]
pub(super) async fn update_event(
    _: Admin,
    Body(change): Body<event::EventChange>,
    context: web::Data<Context>,
    lifecycle: web::Data<Lifecycle>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&change.id)?;
    let change = parse(change)?;
    let id = known_form(id)?;
    lifecycle.detach(async move { usecases::update_event(&context, id, change).await }).await??;
    Ok(HttpResponse::Created().finish())
}

fn parse(change: event::EventChange) -> Result<EventChange, ApiError> {
    // Seat counts are checked first, as in every request.
    let seat_count = change.seat_count.map(SeatCount::parse).transpose()?;
    Ok(EventChange {
        name: change.name.map(EventName::parse).transpose()?,
        unix_time: change.unix_time.map(UnixTime::parse).transpose()?,
        address: change.address.map(Address::parse).transpose()?,
        description: change.description.map(Description::parse).transpose()?,
        latitude: parse_latitude(change.latitude)?,
        longitude: parse_longitude(change.longitude)?,
        seat_count,
    })
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NoSuchEvent => Self::new(Code::NoSuchEvent),
            ChangeError::Refused(refused @ ChangeRefused::FewerSeats(_)) => {
                Self::new(Code::SeatCountReduced).with_detail(refused)
            }
            ChangeError::Refused(ChangeRefused::Coordinates(invalid)) => invalid.into(),
            ChangeError::Refused(ChangeRefused::FullSecond(full)) => full.into(),
            ChangeError::Failed(failure) => failure.into(),
        }
    }
}
