//! The endpoints that the gateway itself answers: health, the public keys, the OpenAPI document, and pages.

mod docs;
mod headers;
mod pages;

use actix_http::Request;
use actix_web::{HttpResponse, http::header};
use booked_contract::{ErrorBody, health::Health};
use booked_identity::{Jwk, Jwks};
use utoipa::OpenApi;

use self::headers::NO_SNIFF;
use crate::{
    config::PageSettings,
    jwks_cache::JwksCache,
    rejection::Rejection,
    routes::{LocalEndpoint, RouteMatch},
};

/// The gateway's own part of the OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(paths(health, list_public_keys), components(schemas(Health, Jwks, Jwk)))]
pub struct ApiDoc;

pub(crate) fn respond(
    endpoint: LocalEndpoint,
    request: &Request,
    route_match: &RouteMatch<'_>,
    settings: &PageSettings,
    jwks: &JwksCache,
) -> Result<HttpResponse, Rejection> {
    let file = route_match.parameter;
    match endpoint {
        LocalEndpoint::Health => Ok(health()),
        LocalEndpoint::OpenApi => Ok(docs::document()),
        LocalEndpoint::Docs if settings.docs => docs::page(file.unwrap_or(docs::INDEX)),
        LocalEndpoint::Page(page) if settings.pages => pages::page(page, request, &settings.grafana_url),
        LocalEndpoint::PageFile if settings.pages => pages::file(request.path(), file.unwrap_or_default()),
        LocalEndpoint::Docs | LocalEndpoint::Page(_) | LocalEndpoint::PageFile => Err(Rejection::NoSuchRoute),
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
    HttpResponse::Ok().json(Health { health: "ok".to_owned(), message: "Hello from booked!".to_owned() })
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
