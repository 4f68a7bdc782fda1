//! `POST /event/cancel/`

use actix_web::{HttpResponse, web};
use booked_contract::{Code, ErrorBody, event::EventToCancel};
use booked_idempotency::KeyedBody;
use booked_server::{Admin, ApiError};

use super::{
    Changes,
    fields::{known_form, parse_id},
};
use crate::{
    domain::{CancelReason, Cancellation},
    ports::CancelError,
    usecases,
};

#[utoipa::path(
    post,
    path = "/event/cancel/",
    tag = "event",
    summary = "Cancel an event",
    description = "Nothing more is reserved or booked of it, and nothing takes that back. Tickets stay with their owners. \
        Of an event that is cancelled already the first reason stays.",
    security(("bearer" = [])),
    request_body = EventToCancel,
    responses(
        (status = 200, description = "Cancelled, also if it was before"),
        (status = 400, body = ErrorBody, description = "SYS-01 the body cannot be decoded, \
            EVENT-02 the id is missing or no UUID, EVENT-04 the reason has more than 1,000 characters, \
            EVENT-03 no such event"),
        (status = 401, body = ErrorBody, description = "USER-06 token missing or invalid, USER-01 not an admin"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
        (status = 503, body = ErrorBody, description = "SYS-07 unavailable: nothing was done, try again",
            headers(("Retry-After" = u64, description = "After so many seconds"))),
        (status = 504, body = ErrorBody, description = "SYS-08 it may have been done, or may not be in effect yet: repeat it"),
    )
)]
pub(super) async fn cancel_event(
    _: Admin,
    KeyedBody { body: event, key }: KeyedBody<EventToCancel>,
    changes: web::Data<Changes>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&event.id)?;
    let reason = CancelReason::parse(event.reason.unwrap_or_default())?;
    let id = known_form(id)?;
    let cancellation = Cancellation { reason };
    let cancel = move |context| {
        let cancellation = cancellation.clone();
        async move { usecases::cancel_event(&context, id, cancellation, key).await }
    };
    let cancelled = changes.carry_out(key, cancel).await?;
    tracing::info!(event = %id, cancelled.is_replay, "cancelled");
    Ok(cancelled.respond(|_| HttpResponse::Ok().finish()))
}

impl From<CancelError> for ApiError {
    fn from(failure: CancelError) -> Self {
        match failure {
            CancelError::NoSuchEvent => Self::new(Code::NoSuchEvent),
            CancelError::Failed(failure) => failure.into(),
        }
    }
}
