//! `POST /waitlist/add/`: the caller waits for seats of an event.

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, ErrorBody, ticket::SeatsOfEvent};
use booked_failure::During;
use booked_idempotency::{KeptAnswers, KeyedBody, Look};
use booked_server::{ApiError, User};

use super::{deadline::Deadline, ids::event_id};
use crate::{
    domain::count::SeatsWanted,
    usecases::{self, AddToWaitlistError, Context},
};

/// Wait for seats of an event to come free; one is told once, by mail, in the order of joining.
#[utoipa::path(
    post,
    path = "/waitlist/add/",
    tag = "waitlist",
    request_body = SeatsOfEvent,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller waits"),
        (status = 400, description = "SYS-01, SYS-03, WAITLIST-01 (waits already), WAITLIST-02 (count is not within 1 to 100), EVENT-03", body = ErrorBody),
        (status = 409, description = "EVENT-08 (the event was cancelled)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-03", body = ErrorBody),
    )
)]
pub(super) async fn add_to_waitlist(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<SeatsOfEvent>,
    context: Data<Context>,
    answers: Data<KeptAnswers>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let event = event_id(&body.event_id)?;
    let wanted = SeatsWanted::new(body.count).ok_or(Code::InvalidWaitCount)?;
    let event = event.ok_or(Code::NoSuchEvent)?;
    let join = move || {
        let (context, email) = (context.clone(), user.email.clone());
        async move { usecases::add_to_waitlist(&context, user.user, &email, event, wanted, key).await }
    };
    let answered = deadline.detach(async move { answers.once(key, Look::First, join).await }).await??;
    Ok(answered.respond(|()| HttpResponse::Ok().finish()))
}

impl From<AddToWaitlistError> for ApiError {
    fn from(error: AddToWaitlistError) -> Self {
        match error {
            AddToWaitlistError::AlreadyWaiting => Code::AlreadyWaiting.into(),
            AddToWaitlistError::NoSuchEvent => Code::NoSuchEvent.into(),
            AddToWaitlistError::EventCancelled => Code::EventCancelled.into(),
            AddToWaitlistError::Failed(failure) => failure.during(During::Transaction).into(),
        }
    }
}
