//! `POST /internal/availability`: how many seats of events are sold or held, for the event service. Ids that no event can
//! have are unknown, like all others that ticketing does not know.

use actix_web::web::{Data, Json};
use booked_contract::internal::{Occupied, OccupiedQuery};
use booked_ids::EventId;
use booked_server::{ApiError, Body};

use crate::usecases::{self, Context};

pub(super) async fn count_occupied(
    body: Body<OccupiedQuery>,
    context: Data<Context>,
) -> Result<Json<Occupied>, ApiError> {
    let asked: Vec<Option<EventId>> =
        body.0.event_ids.iter().map(|id| EventId::from_uuid(*id).ok()).collect();
    let events: Vec<EventId> = asked.iter().flatten().copied().collect();
    let mut counts = usecases::count_occupied(&context, &events).await?.into_iter();
    let occupied = asked.iter().map(|event| event.and_then(|_| counts.next().flatten())).collect();
    Ok(Json(Occupied { occupied }))
}
