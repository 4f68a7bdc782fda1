//! `POST /event/update/`

use actix_web::{HttpResponse, web};
use booked_contract::{Code, ErrorBody, event};
use booked_idempotency::KeyedBody;
use booked_server::{Admin, ApiError};

use super::{
    Changes,
    fields::{known_form, parse_id, parse_latitude, parse_longitude, parse_time},
};
use crate::{
    domain::{
        Address, BuyerLimit, ChangeRefused, Description, Edit, EventChange, EventName, InvalidTerms,
        SeatCount, TermsChange, UnixTime,
    },
    ports::ChangeError,
    usecases,
};

#[utoipa::path(
    post,
    path = "/event/update/",
    tag = "event",
    summary = "Change an event",
    description = "Only what is named changes; `null` names nothing. More seats go on sale at once. Terms of the sale are in \
        effect for every reservation that is sent after the answer. Of a cancelled event only name, address and description \
        can change.",
    security(("bearer" = [])),
    request_body = event::EventChange,
    responses(
        (status = 201, description = "Changed"),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, \
            EVENT-02 the id is missing or no UUID, EVENT-01 seat_count is not 1 to 1,000,000, EVENT-04 another field \
            is empty or out of range, there would be one coordinate without the other, the sale would not end after it \
            begins, or the second has 1,000 events already, EVENT-03 no such event, \
            EVENT-05 seats cannot be taken away"),
        (status = 409, body = ErrorBody, description = "EVENT-08 the event is cancelled, and more than its texts would change"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
        (status = 504, body = ErrorBody, description = "SYS-08 it may have been done, or terms of the sale may not be in effect \
            yet: repeat it"),
    )
)]
pub(super) async fn update_event(
    _: Admin,
    KeyedBody { body: change, key }: KeyedBody<event::EventChange>,
    changes: web::Data<Changes>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&change.id)?;
    let change = parse(change)?;
    let id = known_form(id)?;
    let update = move |context| {
        let change = change.clone();
        async move { usecases::update_event(&context, id, change, key).await }
    };
    let updated = changes.carry_out(key, update).await?;
    Ok(updated.respond(|_| HttpResponse::Created().finish()))
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
        terms: TermsChange {
            opens: edit(change.on_sale_unix_time, |time| parse_time(time, InvalidTerms::Opens))?,
            closes: edit(change.off_sale_unix_time, |time| parse_time(time, InvalidTerms::Closes))?,
            paused: change.paused,
            max_per_buyer: edit(change.max_per_buyer, BuyerLimit::parse)?,
        },
    })
}

/// 0 takes it away.
fn edit<T>(
    number: Option<i64>,
    parse: impl FnOnce(i64) -> Result<T, InvalidTerms>,
) -> Result<Edit<T>, InvalidTerms> {
    match number {
        None => Ok(Edit::Keep),
        Some(0) => Ok(Edit::Clear),
        Some(number) => parse(number).map(Edit::Set),
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NoSuchEvent => Self::new(Code::NoSuchEvent),
            ChangeError::Refused(refused @ ChangeRefused::Cancelled) => {
                Self::new(Code::EventCancelled).with_detail(refused)
            }
            ChangeError::Refused(ChangeRefused::Terms(invalid)) => invalid.into(),
            ChangeError::Refused(refused @ ChangeRefused::FewerSeats(_)) => {
                Self::new(Code::SeatCountReduced).with_detail(refused)
            }
            ChangeError::Refused(ChangeRefused::Coordinates(invalid)) => invalid.into(),
            ChangeError::Refused(ChangeRefused::FullSecond(full)) => full.into(),
            ChangeError::Failed(failure) => failure.into(),
        }
    }
}
