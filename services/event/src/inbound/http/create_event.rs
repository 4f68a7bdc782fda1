//! `POST /event/`

use actix_web::{HttpResponse, http::header, web};
use booked_contract::{ErrorBody, event::NewEvent};
use booked_idempotency::KeyedBody;
use booked_server::{Admin, ApiError};

use super::{
    Changes,
    fields::{parse_latitude, parse_longitude, parse_time},
};
use crate::{
    domain::{
        Address, BuyerLimit, Coordinates, Description, EventDetails, EventName, InvalidTerms, InvalidTime,
        SaleTerms, SaleWindow, SeatCount, UnixTime,
    },
    ports::AddError,
    usecases,
};

#[utoipa::path(
    post,
    path = "/event/",
    tag = "event",
    summary = "Make an event and put its seats on sale",
    description = "Without terms its seats can be reserved at once, by everybody, without an end.",
    security(("bearer" = [])),
    request_body = NewEvent,
    responses(
        (status = 201, description = "Made", headers(("Location" = String, description = "`/event/{id}/`"))),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, \
            EVENT-01 seat_count is not 1 to 1,000,000, EVENT-04 another field is missing, empty or out of range, \
            there is one coordinate without the other, the sale would not end after it begins, or the second has 1,000 events already"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
    )
)]
pub(super) async fn create_event(
    _: Admin,
    KeyedBody { body: event, key }: KeyedBody<NewEvent>,
    changes: web::Data<Changes>,
) -> Result<HttpResponse, ApiError> {
    let (details, terms) = parse(event)?;
    let create = move |context| {
        let details = details.clone();
        async move { usecases::create_event(&context, details, terms, key).await }
    };
    let created = changes.carry_out(key, create).await?;
    tracing::info!(event = %created.what.event, created.is_replay, "created");
    Ok(created.respond(|stored| {
        let location = format!("/event/{}/", stored.event);
        HttpResponse::Created().insert_header((header::LOCATION, location)).finish()
    }))
}

fn parse(event: NewEvent) -> Result<(EventDetails, SaleTerms), ApiError> {
    // Seat counts are checked first, as in every request.
    let seat_count = SeatCount::parse(event.seat_count)?;
    let details = EventDetails {
        name: EventName::parse(event.name)?,
        unix_time: UnixTime::parse(event.unix_time.ok_or(InvalidTime)?)?,
        address: Address::parse(event.address)?,
        description: Description::parse(event.description)?,
        coordinates: Coordinates::pair(parse_latitude(event.latitude)?, parse_longitude(event.longitude)?)?,
        seat_count,
    };
    let opens = event.on_sale_unix_time.map(|time| parse_time(time, InvalidTerms::Opens)).transpose()?;
    let closes = event.off_sale_unix_time.map(|time| parse_time(time, InvalidTerms::Closes)).transpose()?;
    let max_per_buyer = event.max_per_buyer.map(BuyerLimit::parse).transpose()?;
    let window = SaleWindow::new(opens, closes)?;
    Ok((details, SaleTerms { window, paused: event.paused.unwrap_or_default(), max_per_buyer }))
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::FullSecond(full) => full.into(),
            AddError::Failed(failure) => failure.into(),
        }
    }
}
