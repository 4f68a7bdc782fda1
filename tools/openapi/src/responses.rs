//! The responses that the gateway adds to what services say of their own.

use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, KnownFormat, ObjectBuilder, Ref, Response, ResponseBuilder,
    SchemaFormat, Type,
};

/// An error in the shape that all have, with a `Retry-After` if it has one.
pub(crate) fn error(description: &str, retry_after: Option<Header>) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    let response = ResponseBuilder::new().description(description).content("application/json", body);
    match retry_after {
        Some(header) => response.header("Retry-After", header).build(),
        None => response.build(),
    }
}

/// A header that counts seconds.
pub(crate) fn seconds(description: &str) -> Header {
    // Like the `u64` of the headers that services describe.
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .build();
    HeaderBuilder::new().schema(Some(seconds)).description(Some(description)).build()
}
