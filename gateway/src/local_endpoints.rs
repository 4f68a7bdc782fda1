//! The endpoints that the gateway itself answers: health, the public keys, the OpenAPI document, and the document as a page to
//! read and try.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpResponse, http::header};
use booked_contract::ErrorBody;
use booked_identity::{Jwk, Jwks};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerFile};

use crate::{
    jwks_cache::JwksCache,
    rejection::Rejection,
    routes::{LocalEndpoint, RouteMatch},
};

/// The gateway's own part of the OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(paths(health, list_public_keys), components(schemas(Health, Jwks, Jwk)))]
pub struct ApiDoc;

/// Generated from the services' own documents; a test fails if it differs.
const OPENAPI_JSON: &str = include_str!("../openapi.json");
const OPENAPI_PATH: &str = "/openapi.json";

/// The gateway is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    health: &'static str,
    #[schema(example = "Hello from booked!")]
    message: &'static str,
}

/// The page runs its own scripts and styles (the latter also inline) and shows its own pictures; it calls nobody but this
/// gateway, and nobody may frame it.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";
const JSON: &str = "application/json";
const NO_SNIFF: (header::HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

pub(crate) fn respond(
    endpoint: LocalEndpoint,
    route_match: &RouteMatch<'_>,
    docs_enabled: bool,
    jwks: &JwksCache,
) -> Result<HttpResponse, Rejection> {
    match endpoint {
        LocalEndpoint::Health => Ok(health()),
        LocalEndpoint::OpenApi => {
            Ok(HttpResponse::Ok().content_type(JSON).insert_header(NO_SNIFF).body(OPENAPI_JSON))
        }
        LocalEndpoint::Docs if docs_enabled => docs(route_match.parameter.unwrap_or(INDEX)),
        LocalEndpoint::Docs => Err(Rejection::NoSuchRoute),
        LocalEndpoint::PublicKeys => list_public_keys(jwks),
    }
}

/// Whether the gateway is alive. It says nothing about the services.
#[utoipa::path(
    get,
    path = "/health/",
    tag = "health",
    responses((status = 200, description = "The gateway is alive.", body = Health))
)]
fn health() -> HttpResponse {
    HttpResponse::Ok().json(Health { health: "ok", message: "Hello from booked!" })
}

/// The keys that tokens are verified with, as a JSON Web Key Set (RFC 7517)
///
/// Exactly those of which the gateway accepts tokens at this moment.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "keys",
    responses(
        (status = 200, description = "If there are no keys, no token is valid.", body = Jwks),
        (status = 413, description = "SYS-09: the body is larger than its route uses.", body = ErrorBody),
        (status = 429, description = "SYS-06: too many requests.", body = ErrorBody,
            headers(("Retry-After" = u64, description = "In seconds."))),
        (status = 503, description = "SYS-07: the gateway has just started and has no keys yet.", body = ErrorBody,
            headers(("Retry-After" = u64, description = "In seconds."))),
    )
)]
fn list_public_keys(jwks: &JwksCache) -> Result<HttpResponse, Rejection> {
    let tokens = jwks.current().ok_or_else(Rejection::no_keys_yet)?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_SNIFF)
        // A cache would go on publishing a key that was withdrawn, perhaps because it leaked.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .json(tokens.verifier().jwks()))
}

const INDEX: &str = "index.html";

fn docs(file: &str) -> Result<HttpResponse, Rejection> {
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
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header(NO_SNIFF)
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(bytes))
}

/// The page refers to its files relative to `/docs/`, and is served as `/docs` too.
fn with_base(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes()
}
