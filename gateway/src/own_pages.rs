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

pub(crate) fn answer(page: Page, found: &Found<'_>) -> Result<HttpResponse, Refusal> {
    match page {
        Page::Health => Ok(health()),
        Page::OpenApi => Ok(HttpResponse::Ok().content_type("application/json").body(OPENAPI_JSON)),
        Page::Docs => docs(found.parameter.unwrap_or(INDEX)),
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
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, content_type)).body(bytes))
}

/// The page names its files relative to `/docs/`, and is served as `/docs` too.
fn with_base(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes()
}
