//! What the document says of idempotency keys, at each method that takes them.

use utoipa::openapi::{
    Header, HeaderBuilder, ObjectBuilder, RefOr, Required, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
};

use crate::responses::{error, seconds};

const KEY: &str = "Names this request, so that it can be sent again without being done twice: a string of 1 to 255 visible \
    characters, quoted or bare. Its scope is the user and the route; it is kept for at least 24 hours.";
/// A bare key, or a quoted one, in which `"` and `\` are escaped.
const PATTERN: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;
/// A quoted key in which every character is escaped.
const LENGTH_MAX: usize = 512;
const MALFORMED: &str =
    "IDEM-01 (`Idempotency-Key` is not one string of 1 to 255 visible characters, quoted or bare)";
const OTHER_REQUEST: &str = "IDEM-02: the key was used for another request.";
const UNDER_WAY: &str = "IDEM-03 (the first request with this key is still under way)";

/// To be called before anything else that the gateway may answer is added.
pub(crate) fn add(operation: &mut Operation) {
    operation.parameters.get_or_insert_default().push(RefOr::T(key()));
    add_replayed(operation);
    add_code(operation, "400", MALFORMED, None);
    let retry_after = seconds("In seconds, with IDEM-03.");
    add_code(operation, "409", UNDER_WAY, Some(retry_after));
    let responses = &mut operation.responses.responses;
    responses.entry("422".to_owned()).or_insert_with(|| RefOr::T(error(OTHER_REQUEST, None)));
}

fn key() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let schema = schema.max_length(Some(LENGTH_MAX)).pattern(Some(PATTERN));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(KEY))
        .schema(Some(schema))
        .build()
}

/// Successes are kept for a key, and refusals that name a state.
fn add_replayed(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let is_kept =
            status.starts_with('2') || (status.starts_with('4') && !matches!(&**status, "401" | "429"));
        if let (true, RefOr::T(response)) = (is_kept, response) {
            response.headers.insert("Idempotency-Replayed".to_owned(), RefOr::T(replayed()));
        }
    }
}

fn replayed() -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).build();
    let description = "`true` if this is the answer that the first request with this key was given.";
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// Next to the codes that the service has for this status.
fn add_code(operation: &mut Operation, status: &str, code: &str, retry_after: Option<Header>) {
    let responses = &mut operation.responses.responses;
    match responses.get_mut(status) {
        Some(RefOr::T(response)) => {
            response.description = format!("{}, {code}", response.description);
            let header = retry_after.map(|header| ("Retry-After".to_owned(), RefOr::T(header)));
            response.headers.extend(header);
        }
        Some(RefOr::Ref(_)) => {}
        None => {
            responses.insert(status.to_owned(), RefOr::T(error(code, retry_after)));
        }
    }
}
