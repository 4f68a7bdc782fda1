//! `POST /ticket/cancel_tickets/`: the tickets that the caller names become free.

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, ErrorBody, ticket::TicketIds};
use booked_idempotency::{KeptAnswers, KeyedBody, Look};
use booked_server::{ApiError, User};

use super::{cancel_tickets::too_many, deadline::Deadline, ids::requested};
use crate::usecases::{self, CancelChosenError, Context};

/// Cancel exactly these tickets of the caller, all or none; they may be of several events.
#[utoipa::path(
    post,
    path = "/ticket/cancel_tickets/",
    tag = "tickets",
    request_body = TicketIds,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The tickets are cancelled"),
        (status = 400, description = "SYS-01, SYS-03, TICKET-01 (none, or more than 1,000), TICKET-03 (a ticket is not the caller's, or no longer)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-01, DB-03", body = ErrorBody),
    )
)]
pub(super) async fn cancel_chosen_tickets(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<TicketIds>,
    context: Data<Context>,
    answers: Data<KeptAnswers>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let requested = requested(&body)?;
    let cancel = move || {
        let (context, requested) = (context.clone(), requested.clone());
        async move { usecases::cancel_chosen_tickets(&context, user.user, requested, key).await }
    };
    let answered = deadline.detach(async move { answers.once(key, Look::First, cancel).await }).await??;
    Ok(answered.respond(|()| HttpResponse::Ok().finish()))
}

impl From<CancelChosenError> for ApiError {
    fn from(error: CancelChosenError) -> Self {
        match error {
            CancelChosenError::NotYours => Code::NotYourTicket.into(),
            CancelChosenError::TooMany => too_many(&error),
            CancelChosenError::Failed(failure) => failure.into(),
        }
    }
}
