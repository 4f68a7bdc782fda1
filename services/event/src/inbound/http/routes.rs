//! The table of the service's routes.

use actix_web::{
    guard,
    web::{ServiceConfig, resource},
};
use booked_server::{read, write};
use utoipa::OpenApi;

use super::{
    cancel_event::{self, cancel_event},
    create_event::{self, create_event},
    delete_event::{self, delete_event},
    get_event::{self, get_event},
    list_events::{self, list_events},
    update_event::{self, update_event},
};

/// The public routes, for the OpenAPI document of the system.
#[derive(OpenApi)]
#[openapi(paths(
    create_event::create_event,
    list_events::list_events,
    get_event::get_event,
    delete_event::delete_event,
    update_event::update_event,
    cancel_event::cancel_event
))]
pub struct ApiDoc;

pub(crate) fn routes(service: &mut ServiceConfig) {
    service
        .service(read("/event/").to(list_events))
        .service(write("/event/").to(create_event))
        .service(resource("/event/").guard(guard::Delete()).to(delete_event))
        .service(write("/event/update/").to(update_event))
        .service(write("/event/cancel/").to(cancel_event))
        .service(read("/event/{id}/").to(get_event));
}
