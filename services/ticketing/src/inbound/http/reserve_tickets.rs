//! `POST /ticket/reserve/`: hold seats of an event for the caller.

use actix_web::{HttpResponse, web::Data};
use booked_contract::{
    Code, ErrorBody,
    ticket::{Reservation, SeatsOfEvent},
};
use booked_idempotency::KeyedBody;
use booked_server::{ApiError, User};

use super::{deadline::Deadline, ids::event_id};
use crate::{
    domain::count::SeatsWanted,
    usecases::{self, Context, ReserveError},
};

/// Who holds too many is asked to wait no longer than this: what they book meanwhile counts no more.
const AGAIN_IN_MAX_S: u64 = 60;

/// Hold seats, all or none, for a limited time.
#[utoipa::path(
    post,
    path = "/ticket/reserve/",
    tag = "tickets",
    request_body = SeatsOfEvent,
    description = "A key of a reservation belongs to its event: that it was used for another one is not known.",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The seats are held", body = Reservation),
        (status = 400, description = "SYS-01, SYS-03, TICKET-01 (fewer seats are free, or count is not within 1 to 100), EVENT-03", body = ErrorBody),
        (status = 409, description = "EVENT-06 (not on sale yet; `error` says when), EVENT-07 (paused or closed), EVENT-08 (cancelled), TICKET-04 (more than one buyer may hold and have)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-01", body = ErrorBody),
    )
)]
pub(super) async fn reserve_tickets(
    User(user): User,
    KeyedBody { body, key }: KeyedBody<SeatsOfEvent>,
    context: Data<Context>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let event = event_id(&body.event_id)?;
    let count = SeatsWanted::new(body.count).ok_or(Code::TooFewTickets)?;
    let event = event.ok_or(Code::NoSuchEvent)?;
    let reserving = usecases::reserve_tickets(&context, user.user, event, count, key);
    let answered = deadline.keep(reserving).await??;
    Ok(answered.respond(|held| {
        HttpResponse::Ok().json(Reservation {
            ticket_ids: held.tickets.into_iter().map(|ticket| ticket.as_uuid()).collect(),
            expires_unix_time: held.expires_unix_ms.div_euclid(1000),
        })
    }))
}

impl From<ReserveError> for ApiError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::TooFew => Code::TooFewTickets.into(),
            ReserveError::TooManyHeld { again_in } => {
                let seconds = again_in.as_secs().saturating_add(1).min(AGAIN_IN_MAX_S);
                ApiError::from(Code::TooManyRequests).with_detail(&error).with_retry_after(seconds)
            }
            ReserveError::OverLimit { .. } => ApiError::from(Code::OverBuyerLimit).with_detail(&error),
            // Without a time to retry after: it would call everybody back in the same moment.
            ReserveError::NotOnSaleYet { .. } => ApiError::from(Code::NotOnSaleYet).with_detail(&error),
            ReserveError::Closed => Code::SaleClosed.into(),
            ReserveError::EventCancelled => Code::EventCancelled.into(),
            ReserveError::NoSuchEvent => Code::NoSuchEvent.into(),
            ReserveError::OtherRequest => Code::IdempotencyKeyReused.into(),
            ReserveError::Before(refusal) => Self::from(*refusal).replayed(true),
            ReserveError::Failed(failure) => failure.into(),
        }
    }
}
