//! `GET /event/{id}/`

use actix_web::{HttpRequest, HttpResponse, web};
use booked_contract::{Code, ErrorBody, event::Event};
use booked_server::ApiError;

use super::{
    fields::{known_form, parse_id},
    reads::Reads,
};

#[utoipa::path(
    get,
    path = "/event/{id}/",
    tag = "event",
    summary = "One event, with the seats that are free",
    params(
        ("id" = String, Path, format = "uuid", description = "The event"),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of an earlier answer"),
    ),
    responses(
        (status = 200, body = Event, description = "The event. What is free is as fresh as the answer.",
            headers(("ETag" = String, description = "Names this answer: equal answers have equal ones"))),
        (status = 304, description = "The answer would be the one that `If-None-Match` names"),
        (status = 400, body = ErrorBody, description = "EVENT-02 the id is no UUID"),
        (status = 404, body = ErrorBody, description = "EVENT-03 no such event"),
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, SYS-02 unknown error"),
        (status = 503, body = ErrorBody, description = "SYS-07 unavailable, or the free seats cannot be known: try again",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(super) async fn get_event(
    request: HttpRequest,
    reads: web::Data<Reads>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(request.match_info().query("id"))?;
    let read = async { reads.event(known_form(id)?).await };
    read.await.map_err(not_found)
}

/// Only here is the event the resource that the path names, so only here is a missing event a 404.
fn not_found(error: ApiError) -> ApiError {
    match error.code() {
        Code::NoSuchEvent => error.with_status(404),
        _ => error,
    }
}
