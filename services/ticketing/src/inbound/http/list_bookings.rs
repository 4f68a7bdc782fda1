//! `GET /user/bookings/`: what the caller holds. A read without a rule.

use actix_web::web::{Data, Json};
use booked_contract::{Code, ErrorBody, ticket::Booking};
use booked_postgres::{Database, ReadFailure};
use booked_server::{ApiError, User};

use crate::outbound::postgres::bookings_of_user;

/// The caller's bookings, one row an event, the latest first.
#[utoipa::path(
    get,
    path = "/user/bookings/",
    tag = "tickets",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's bookings", body = Vec<Booking>),
        (status = 500, description = "SYS-02, DB-01", body = ErrorBody),
    )
)]
pub(super) async fn list_bookings(
    User(user): User,
    database: Data<Database>,
) -> Result<Json<Vec<Booking>>, ApiError> {
    bookings_of_user(&database, user.user).await.map(Json).map_err(error)
}

fn error(failure: ReadFailure) -> ApiError {
    match &failure {
        ReadFailure::Unavailable(_) => ApiError::because(Code::Unavailable, &failure),
        ReadFailure::Refused(_) => ApiError::because(Code::ReadFailed, &failure),
    }
}
