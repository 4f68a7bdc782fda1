//! `POST /ticket/cancel/`: the caller's latest tickets of an event become free.

use std::fmt;

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, ErrorBody, ticket::SeatsOfEvent};
use booked_idempotency::{KeptAnswers, KeyedBody, Look};
use booked_server::{ApiError, User};

use super::{deadline::Deadline, ids::event_id};
use crate::{
    domain::count::TicketsToCancel,
    usecases::{self, CancelError, Context},
};

/// By then some of a user's cancels that wait are through.
const AGAIN_IN_S: u64 = 1;

/// Cancel the caller's latest tickets of an event, exactly as many, or none.
#[utoipa::path(
    post,
    path = "/ticket/cancel/",
    tag = "tickets",
    request_body = SeatsOfEvent,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The tickets are cancelled"),
        (status = 400, description = "SYS-01, SYS-03, TICKET-01 (the caller has fewer tickets, or count is below 1), TICKET-03 (the caller has none)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-01, DB-03", body = ErrorBody),
    )
)]
pub(super) async fn cancel_tickets(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<SeatsOfEvent>,
    context: Data<Context>,
    answers: Data<KeptAnswers>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let event = event_id(&body.event_id)?;
    let count = TicketsToCancel::new(body.count).ok_or(Code::TooFewTickets)?;
    let event = event.ok_or(Code::NotYourTicket)?;
    let cancel = move || {
        let context = context.clone();
        async move { usecases::cancel_tickets(&context, user.user, event, count, key).await }
    };
    let answered = deadline.detach(async move { answers.once(key, Look::First, cancel).await }).await??;
    Ok(answered.respond(|()| HttpResponse::Ok().finish()))
}

/// Too many cancels of a user wait already.
pub(super) fn too_many(error: &dyn fmt::Display) -> ApiError {
    ApiError::from(Code::TooManyRequests).with_detail(error).with_retry_after(AGAIN_IN_S)
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NoTicket => Code::NotYourTicket.into(),
            CancelError::TooFew => Code::TooFewTickets.into(),
            CancelError::TooMany => too_many(&error),
            CancelError::Failed(failure) => failure.into(),
        }
    }
}
