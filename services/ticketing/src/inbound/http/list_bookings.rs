//! `GET /user/bookings/`: what the caller holds. A read without a rule.

use actix_web::web::{Data, Json};
use booked_contract::{ErrorBody, ticket::Booking};
use booked_postgres::Database;
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
    Ok(Json(bookings_of_user(&database, user.user).await?))
}
