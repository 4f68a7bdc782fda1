//! `POST /internal/catch-up`: apply the event service's feed up to a position before answering, so that whoever made,
//! enlarged or deleted an event finds it so.

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, internal::CatchUp};
use booked_feed::{Consumer, Position};
use booked_ids::EventId;
use booked_server::{ApiError, Body};

use crate::usecases::{self, Context};

/// How long the event service waits for this.
const LIMIT: Duration = Duration::from_millis(450);

pub(super) async fn catch_up(
    body: Body<CatchUp>,
    consumer: Data<Consumer>,
    context: Data<Context>,
) -> Result<HttpResponse, ApiError> {
    let position: Position = body
        .0
        .position
        .parse()
        .map_err(|_| ApiError::new(Code::BodyUndecodable).with_detail("position is none of a feed"))?;
    let late = |error: &(dyn std::fmt::Display + Send + Sync)| ApiError::because(Code::Unavailable, error);
    consumer.catch_up(&position, LIMIT).await.map_err(|error| late(&error))?;
    if let Some(event) = body.0.event_id.and_then(|id| EventId::from_uuid(id).ok()) {
        usecases::follow_event(&context, event).await.map_err(|error| late(&error))?;
    }
    Ok(HttpResponse::Ok().finish())
}
