//! `GET /event/`

use actix_web::{HttpRequest, HttpResponse, web};
use booked_contract::{ErrorBody, event::EventPage};
use booked_server::ApiError;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AnyOf, Object, ObjectBuilder, Type},
    },
};

use super::{query, reads::Reads};
use crate::domain::Listing;

#[utoipa::path(
    get,
    path = "/event/",
    tag = "event",
    summary = "Events by time, with the seats that are free",
    description = "Events of the same second are never split between two pages, so a page may be longer than `limit`. \
        The next page is `timestamp=` the page's `next_time_to_fetch`.",
    params(
        ("limit" = inline(Option<LenientInteger>), Query, example = 10,
            description = "How many events: 10 by default, 100 at most. What is no positive 64-bit integer counts as \
                not given."),
        ("timestamp" = inline(Option<LenientInteger>), Query, example = 1_900_000_000_i64,
            description = "Only events strictly later than this, in Unix seconds. What is no positive 64-bit integer \
                counts as not given; then the list starts at the oldest."),
    ),
    responses(
        (status = 200, body = EventPage, description = "A page. What is free is as fresh as the answer."),
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, SYS-02 unknown error"),
        (status = 503, body = ErrorBody, description = "SYS-07 unavailable, or the free seats cannot be known: try again",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(super) async fn list_events(
    request: HttpRequest,
    reads: web::Data<Reads>,
) -> Result<HttpResponse, ApiError> {
    let integer = |name| query::first_integer(request.query_string(), name);
    reads.page(Listing::new(integer("limit"), integer("timestamp"))).await
}

/// A parameter that has an effect only if it is a positive integer, and is accepted whatever it is.
struct LenientInteger;

impl ToSchema for LenientInteger {}

impl PartialSchema for LenientInteger {
    fn schema() -> RefOr<Schema> {
        let integer = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let mut any_of = AnyOf::new();
        any_of.items = vec![integer.build().into(), Object::with_type(Type::String).into()];
        Schema::AnyOf(any_of).into()
    }
}
