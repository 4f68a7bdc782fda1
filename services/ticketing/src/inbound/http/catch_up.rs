//! `POST /internal/catch-up`: apply the event service's feed up to a position before answering, so that the caller that made,
//! enlarged or deleted an event finds it so.

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, internal::CatchUp};
use booked_feed::{Consumer, Position};
use booked_ids::EventId;
use booked_server::{ApiError, Body};

use super::deadline::Deadline;
use crate::usecases::{self, Context};

/// How long the event service waits for this.
const LIMIT: Duration = Duration::from_millis(450);

pub(super) async fn catch_up(
    body: Body<CatchUp>,
    consumer: Data<Consumer>,
    context: Data<Context>,
    deadline: Data<Deadline>,
) -> Result<HttpResponse, ApiError> {
    let position: Position = body
        .0
        .position
        .parse()
        .map_err(|_| ApiError::new(Code::BodyUndecodable).with_detail("position is none of a feed"))?;
    if let Err(error) = consumer.catch_up(&position, LIMIT).await {
        return Err(ApiError::because(Code::Unavailable, &error));
    }
    if let Some(event) = body.0.event_id.and_then(|id| EventId::from_uuid(id).ok()) {
        let context = Context::clone(&context);
        let changing = async move { usecases::change_event(&context, event).await };
        // If Valkey did not follow, a job repeats it; but the caller may have promised that it is in effect.
        let changed = deadline.detach(changing).await?;
        changed.map_err(|failure| ApiError::because(Code::Unavailable, &failure))?;
    }
    Ok(HttpResponse::Ok().finish())
}
