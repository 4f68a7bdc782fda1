//! `DELETE /event/?id=`

use actix_web::{HttpRequest, HttpResponse, web};
use booked_contract::{Code, ErrorBody};
use booked_idempotency::Keyed;
use booked_server::{Admin, ApiError, query};

use super::{
    Changes,
    fields::{known_form, parse_id},
};
use crate::{ports::DeleteError, usecases};

#[utoipa::path(
    delete,
    path = "/event/",
    tag = "event",
    summary = "Delete an event",
    description = "It is gone from event routes at once, and its tickets, holds, waitlist and analytics within two \
        seconds while all parts run.",
    security(("bearer" = [])),
    params(("id" = String, Query, format = "uuid", description = "The event")),
    responses(
        (status = 200, description = "Deleted"),
        (status = 400, body = ErrorBody, description = "EVENT-02 the id is missing or no UUID, EVENT-03 no such event"),
        (status = 500, body = ErrorBody, description = "DB-02 writing failed, SYS-02 unknown error"),
    )
)]
pub(super) async fn delete_event(
    _: Admin,
    request: HttpRequest,
    Keyed(key): Keyed,
    changes: web::Data<Changes>,
) -> Result<HttpResponse, ApiError> {
    let id = query::first(request.query_string(), "id").unwrap_or_default();
    let id = known_form(parse_id(&id)?)?;
    let delete = move |context| async move { usecases::delete_event(&context, id, key).await };
    let deleted = changes.carry_out(key, delete).await?;
    tracing::info!(event = %id, deleted.is_replay, "deleted");
    Ok(deleted.respond(|_| HttpResponse::Ok().finish()))
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NoSuchEvent => Self::new(Code::NoSuchEvent),
            DeleteError::Failed(failure) => failure.into(),
        }
    }
}
