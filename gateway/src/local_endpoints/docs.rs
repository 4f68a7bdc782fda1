//! The OpenAPI document, and the document as a page to read and try.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpResponse, http::header};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerFile};

use super::headers::{NO_SNIFF, framed_by_nobody};
use crate::rejection::Rejection;

/// Generated from the services' own documents; a test fails if it differs.
const OPENAPI_JSON: &str = include_str!("../../openapi.json");
const OPENAPI_PATH: &str = "/openapi.json";

/// The page runs its own scripts and styles (the latter also inline) and shows its own pictures; it calls nobody but this
/// gateway, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
pub(super) const INDEX: &str = "index.html";

pub(super) fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").insert_header(NO_SNIFF).body(OPENAPI_JSON)
}

pub(super) fn page(file: &str) -> Result<HttpResponse, Rejection> {
    static CONFIG: LazyLock<Arc<SwaggerConfig<'static>>> =
        LazyLock::new(|| Arc::new(SwaggerConfig::from(OPENAPI_PATH)));
    let served = utoipa_swagger_ui::serve(file, Arc::clone(&CONFIG))
        .map_err(|error| Rejection::Internal(error.to_string()))?;
    let SwaggerFile { bytes, content_type, .. } = served.ok_or(Rejection::NoSuchRoute)?;
    let bytes = if file == INDEX { with_base(&bytes) } else { bytes.into_owned() };
    let content_type = match content_type.starts_with("text/") && !content_type.contains("charset") {
        true => format!("{content_type}; charset=utf-8"),
        false => content_type,
    };
    Ok(framed_by_nobody(POLICY).insert_header((header::CONTENT_TYPE, content_type)).body(bytes))
}

/// The page refers to its files relative to `/docs/`, and is served as `/docs` too.
fn with_base(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes()
}
