//! The service's routes.

use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

use super::{log_in, read_jwks, register_user};

/// The table of all routes.
pub(crate) fn routes(service: &mut ServiceConfig) {
    service.service(register_user::register_user).service(log_in::log_in).service(read_jwks::read_jwks);
}

/// The public ones, for the system's OpenAPI document.
#[derive(OpenApi)]
#[openapi(paths(register_user::register_user, log_in::log_in))]
pub struct ApiDoc;
