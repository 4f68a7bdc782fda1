//! `GET /event/`

use actix_web::{HttpRequest, HttpResponse, web};
use booked_contract::{ErrorBody, event::EventPage, sale::EventStatus};
use booked_server::{ApiError, query};
use serde::{Deserialize as _, de::value::StrDeserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AnyOf, Object, ObjectBuilder, Type},
    },
};

use super::reads::Reads;
use crate::domain::{Listing, SearchText};

#[utoipa::path(
    get,
    path = "/event/",
    tag = "event",
    summary = "Events by time, with the seats that are free",
    description = "Events of the same second are never split between two pages, so a page may be longer than `limit`. \
        The next page is `timestamp=` the page's `next_time_to_fetch`, with all else as it was.",
    params(
        ("limit" = inline(Option<LenientInteger>), Query, example = 10,
            description = "How many events: 10 by default, 100 at most. What is no positive 64-bit integer counts as \
                not given."),
        ("timestamp" = inline(Option<LenientInteger>), Query, example = 1_900_000_000_i64,
            description = "Only events strictly later than this, in Unix seconds. What is no positive 64-bit integer \
                counts as not given; then the list starts at the oldest."),
        ("from" = inline(Option<LenientInteger>), Query, example = 1_900_000_000_i64,
            description = "Only events at this time or later, in Unix seconds. What is no positive 64-bit integer counts \
                as not given."),
        ("to" = inline(Option<LenientInteger>), Query, example = 2_000_000_000_i64,
            description = "Only events before this time, in Unix seconds. What is no positive 64-bit integer counts as not \
                given."),
        ("status" = inline(Option<LenientStatus>), Query, example = "on_sale",
            description = "Only events that stand so now. What is none of the values counts as not given."),
        ("q" = Option<String>, Query, example = "royal proms",
            description = "Only events in whose name, address or description all of these words are found, each at the \
                beginning of a word, without regard to case and accents. What has neither a letter nor a digit counts as \
                not given. Only the first 200 characters and the first 10 words count."),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of an earlier answer"),
    ),
    responses(
        (status = 200, body = EventPage, description = "A page. What is free is as fresh as the answer.",
            headers(("ETag" = String, description = "Names this answer: equal answers have equal ones"))),
        (status = 304, description = "The answer would be the one that `If-None-Match` names"),
        (status = 500, body = ErrorBody, description = "DB-01 reading failed, SYS-02 unknown error"),
        (status = 503, body = ErrorBody, description = "SYS-07 unavailable, or the free seats cannot be known: try again",
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
pub(super) async fn list_events(
    request: HttpRequest,
    reads: web::Data<Reads>,
) -> Result<HttpResponse, ApiError> {
    let query = request.query_string();
    let integer = |name| query::first_integer(query, name);
    let listing = Listing::new(integer("limit"), integer("timestamp"))
        .between(integer("from"), integer("to"))
        .with_status(query::first(query, "status").and_then(|text| parse_status(&text)))
        .with_text(query::first(query, "q").and_then(|text| SearchText::parse(&text)));
    reads.page(listing).await
}

/// A status as answers have it; none of any other text.
fn parse_status(text: &str) -> Option<EventStatus> {
    let status = EventStatus::deserialize(StrDeserializer::<serde::de::value::Error>::new(text)).ok();
    status.filter(|status| *status != EventStatus::Other)
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

/// A parameter that has an effect only if it is a status, and is accepted whatever it is.
struct LenientStatus;

impl ToSchema for LenientStatus {}

impl PartialSchema for LenientStatus {
    fn schema() -> RefOr<Schema> {
        let mut any_of = AnyOf::new();
        any_of.items = vec![EventStatus::schema(), Object::with_type(Type::String).into()];
        Schema::AnyOf(any_of).into()
    }
}
