//! `POST /ticket/book/`: held seats become the caller's.

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, ErrorBody, ticket::TicketIds};
use booked_failure::During;
use booked_idempotency::{KeptAnswers, KeyedBody, Look};
use booked_server::{ApiError, User};

use super::{deadline::Deadline, ids::requested};
use crate::usecases::{self, BookError, Context};

/// Book held tickets, all or none; what the caller has booked already counts as done.
#[utoipa::path(
    post,
    path = "/ticket/book/",
    tag = "tickets",
    request_body = TicketIds,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "All tickets are booked"),
        (status = 400, description = "SYS-01, SYS-03, TICKET-01 (none, or more than 1,000), TICKET-02 (not held, or no more), TICKET-03 (held by or sold to somebody else)", body = ErrorBody),
        (status = 409, description = "EVENT-08 (an event was cancelled), TICKET-04 (more than one buyer may have)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-03", body = ErrorBody),
    )
)]
pub(super) async fn book_tickets(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<TicketIds>,
    context: Data<Context>,
    answers: Data<KeptAnswers>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let requested = requested(&body)?;
    let book = move || {
        let (context, requested) = (context.clone(), requested.clone());
        async move { usecases::book_tickets(&context, user.user, requested, key).await }
    };
    let answered = deadline.detach(async move { answers.once(key, Look::Late, book).await }).await??;
    Ok(answered.respond(|()| HttpResponse::Ok().finish()))
}

impl From<BookError> for ApiError {
    fn from(error: BookError) -> Self {
        match error {
            BookError::NotYours => Code::NotYourTicket.into(),
            BookError::NotReserved => Code::NotReserved.into(),
            BookError::EventCancelled => Code::EventCancelled.into(),
            BookError::OverLimit => Code::OverBuyerLimit.into(),
            BookError::Failed(failure) => failure.during(During::Transaction).into(),
        }
    }
}
