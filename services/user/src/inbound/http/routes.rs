//! The table of the service's routes.

use actix_web::web::ServiceConfig;
use booked_server::{read, write};
use utoipa::OpenApi;

use super::{
    list_emails::list_emails,
    log_in::{self, log_in},
    read_jwks::read_jwks,
    register_user::{self, register_user},
};

/// The public routes, for the OpenAPI document of the system.
#[derive(OpenApi)]
#[openapi(paths(register_user::register_user, log_in::log_in))]
pub struct ApiDoc;

pub(crate) fn routes(service: &mut ServiceConfig) {
    service
        .service(write("/user/register/").to(register_user))
        .service(write("/user/login/").to(log_in))
        .service(read("/internal/jwks").to(read_jwks))
        .service(write("/internal/emails").to(list_emails));
}
