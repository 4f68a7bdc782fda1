//! `POST /ticket/release/`: give holds back before their time.

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, ErrorBody, ticket::TicketIds};
use booked_idempotency::KeyedBody;
use booked_server::{ApiError, User};

use super::{deadline::Deadline, ids::requested};
use crate::usecases::{self, Context, ReleaseError};

/// Release held tickets, all or none.
#[utoipa::path(
    post,
    path = "/ticket/release/",
    tag = "tickets",
    request_body = TicketIds,
    description = "A key of a release belongs to the events of its tickets: that it was used for others is not known.",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The seats are free again"),
        (status = 400, description = "SYS-01, SYS-03, TICKET-01 (none, or more than 1,000), TICKET-02 (not held by the caller), TICKET-03 (held by somebody else)", body = ErrorBody),
        (status = 500, description = "SYS-02", body = ErrorBody),
    )
)]
pub(super) async fn release_tickets(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<TicketIds>,
    context: Data<Context>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let requested = requested(&body)?;
    let release = async move { usecases::release_tickets(&context, user.user, requested, key).await };
    let answered = deadline.detach(release).await??;
    Ok(answered.respond(|()| HttpResponse::Ok().finish()))
}

impl From<ReleaseError> for ApiError {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotYours => Code::NotYourTicket.into(),
            ReleaseError::NotReserved => Code::NotReserved.into(),
            ReleaseError::OtherRequest => Code::IdempotencyKeyReused.into(),
            ReleaseError::Before(refusal) => Self::from(*refusal).replayed(true),
            ReleaseError::Failed(failure) => failure.into(),
        }
    }
}
