//! The table of the service's routes.

use actix_web::web::ServiceConfig;
use booked_server::read;
use utoipa::OpenApi;

use super::{
    list_analytics::{self, list_analytics},
    list_cancellation_rates::{self, list_cancellation_rates},
};

/// The public routes, for the OpenAPI document of the system.
#[derive(OpenApi)]
#[openapi(paths(list_analytics::list_analytics, list_cancellation_rates::list_cancellation_rates))]
pub struct ApiDoc;

pub(crate) fn routes(service: &mut ServiceConfig) {
    service
        .service(read("/analytics/").to(list_analytics))
        .service(read("/analytics/cancellation_rates/").to(list_cancellation_rates));
}
