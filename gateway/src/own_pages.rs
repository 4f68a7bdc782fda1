//! What the gateway answers by itself: health, the OpenAPI document, and the document as a page to read and try.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpResponse, http::header};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerFile};

use crate::{
    refusal::Refusal,
    routes::{Found, Page},
};

/// The routes that the gateway answers by itself, for the OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(paths(health), components(schemas(Health)))]
pub struct ApiDoc;

/// Generated from the services' own documents; a test fails where it differs.
const OPENAPI_JSON: &str = include_str!("../openapi.json");
const OPENAPI_PATH: &str = "/openapi.json";

/// That the gateway is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    health: &'static str,
    #[schema(example = "Hello from booked!")]
    message: &'static str,
}

/// The document's page runs its own scripts and styles (the latter also within its elements) and shows its own pictures;
/// it asks nobody but us, and nobody frames it.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
const JSON: &str = "application/json";
const NO_SNIFF: (header::HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

pub(crate) fn answer(page: Page, found: &Found<'_>, docs_shown: bool) -> Result<HttpResponse, Refusal> {
    match page {
        Page::Health => Ok(health()),
        Page::OpenApi => Ok(HttpResponse::Ok().content_type(JSON).insert_header(NO_SNIFF).body(OPENAPI_JSON)),
        Page::Docs if docs_shown => docs(found.parameter.unwrap_or(INDEX)),
        Page::Docs => Err(Refusal::NoSuchRoute),
    }
}

/// Whether the gateway is alive. It says nothing of the services.
#[utoipa::path(
    get,
    path = "/health/",
    tag = "health",
    responses((status = 200, description = "The gateway is alive.", body = Health))
)]
fn health() -> HttpResponse {
    HttpResponse::Ok().json(Health { health: "ok", message: "Hello from booked!" })
}

const INDEX: &str = "index.html";

fn docs(file: &str) -> Result<HttpResponse, Refusal> {
    static CONFIG: LazyLock<Arc<SwaggerConfig<'static>>> =
        LazyLock::new(|| Arc::new(SwaggerConfig::from(OPENAPI_PATH)));
    let served = utoipa_swagger_ui::serve(file, Arc::clone(&CONFIG))
        .map_err(|error| Refusal::Nonsense { cause: error.to_string() })?;
    let SwaggerFile { bytes, content_type, .. } = served.ok_or(Refusal::NoSuchRoute)?;
    let bytes = if file == INDEX { with_base(&bytes) } else { bytes.into_owned() };
    let content_type = match content_type.starts_with("text/") && !content_type.contains("charset") {
        true => format!("{content_type}; charset=utf-8"),
        false => content_type,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header(NO_SNIFF)
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(bytes))
}

/// The page names its files relative to `/docs/`, and is served as `/docs` too.
fn with_base(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes()
}
