//! `GET /ticket/holds/`: what the caller holds, to be found again after an answer was lost.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use booked_contract::{
    ErrorBody,
    ticket::{Hold, Holds},
};
use booked_server::{ApiError, User};

use super::{deadline::Deadline, query::EventFilter};
use crate::usecases::{self, Context, Held};

/// What the caller holds, and is just booking.
#[utoipa::path(
    get,
    path = "/ticket/holds/",
    tag = "tickets",
    security(("bearer" = [])),
    description = "For finding holds again after an answer was lost: that a ticket is listed does not promise that it can be \
        booked. Without `event_id`, holds of up to 100 events are listed, as far as they are remembered: a hold may be missing \
        for a moment after it was granted, and if the store of holds lost data. With `event_id` none is missing.",
    params(("event_id" = Option<String>, Query, format = "uuid",
        description = "Only holds of this event; of one that does not exist there are none")),
    responses(
        (status = 200, description = "One entry for each event and second of expiry, the earliest first", body = Holds),
        (status = 400, description = "SYS-03 (event_id is no UUID)", body = ErrorBody),
        (status = 500, description = "SYS-02", body = ErrorBody),
    )
)]
pub(super) async fn list_holds(
    User(user): User,
    request: HttpRequest,
    context: Data<Context>,
    deadline: Data<Deadline>,
) -> Result<Json<Holds>, ApiError> {
    let event = match EventFilter::of(request.query_string())? {
        EventFilter::All => None,
        EventFilter::One(event) => Some(event),
        EventFilter::Nothing => return Ok(Json(answer(Held { tickets: Vec::new(), limit: None }))),
    };
    let held = deadline.keep(usecases::list_holds(&context, user.user, event)).await??;
    Ok(Json(answer(held)))
}

fn answer(Held { tickets, limit }: Held) -> Holds {
    let holds = tickets.into_iter().map(|held| Hold {
        event_id: held.event.as_uuid(),
        ticket_ids: held.tickets.into_iter().map(|ticket| ticket.as_uuid()).collect(),
        expires_unix_time: held.expires_unix_s,
    });
    Holds {
        holds: holds.collect(),
        max_per_buyer: limit.map(|limit| limit.max),
        left: limit.map(|limit| limit.left),
    }
}
