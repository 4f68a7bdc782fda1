//! `DELETE /event/?id=`

use actix_web::{HttpRequest, HttpResponse, web};
use booked_contract::{Code, ErrorBody};
use booked_server::{Admin, ApiError, Lifecycle, query};

use super::fields::{known_form, parse_id};
use crate::{
    ports::DeleteError,
    usecases::{self, Context},
};

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
    context: web::Data<Context>,
    lifecycle: web::Data<Lifecycle>,
) -> Result<HttpResponse, ApiError> {
    let id = query::first(request.query_string(), "id").unwrap_or_default();
    let id = known_form(parse_id(&id)?)?;
    lifecycle.detach(async move { usecases::delete_event(&context, id).await }).await??;
    tracing::info!(event = %id, "deleted");
    Ok(HttpResponse::Ok().finish())
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NoSuchEvent => Self::new(Code::NoSuchEvent),
            DeleteError::Failed(failure) => failure.into(),
        }
    }
}
