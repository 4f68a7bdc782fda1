//! `POST /internal/catch-up`: apply the event service's feed up to a position before answering, so that whoever made an
//! event finds it on sale.

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use booked_contract::{Code, internal::CatchUp};
use booked_feed::{Consumer, Position};
use booked_server::{ApiError, Body};

/// How long the event service waits for this.
const LIMIT: Duration = Duration::from_millis(450);

pub(super) async fn catch_up(
    body: Body<CatchUp>,
    consumer: Data<Consumer>,
) -> Result<HttpResponse, ApiError> {
    let position: Position = body
        .0
        .position
        .parse()
        .map_err(|_| ApiError::new(Code::BodyUndecodable).with_detail("position is none of a feed"))?;
    match consumer.catch_up(&position, LIMIT).await {
        Ok(()) => Ok(HttpResponse::Ok().finish()),
        Err(error) => Err(ApiError::because(Code::Unavailable, &error)),
    }
}
