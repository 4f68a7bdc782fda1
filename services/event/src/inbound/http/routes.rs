//! The service's routes.

use actix_web::{guard, web};
use booked_server::Lifecycle;
use utoipa::OpenApi;

use super::{
    create_event::{self, create_event},
    delete_event::{self, delete_event},
    get_event::{self, get_event},
    list_events::{self, list_events},
    reads::Reads,
    update_event::{self, update_event},
};
use crate::usecases::Context;

/// The public ones, for the system's OpenAPI document.
#[derive(OpenApi)]
#[openapi(paths(
    create_event::create_event,
    list_events::list_events,
    get_event::get_event,
    delete_event::delete_event,
    update_event::update_event
))]
pub struct ApiDoc;

/// The table of all routes. HEAD is answered like GET.
pub(crate) fn routes(
    context: Context,
    reads: Reads,
    lifecycle: Lifecycle,
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let context = web::Data::new(context);
    let (reads, lifecycle) = (web::Data::new(reads), web::Data::new(lifecycle));
    let read = || guard::Any(guard::Get()).or(guard::Head());
    move |service| {
        service
            .app_data(context.clone())
            .app_data(reads.clone())
            .app_data(lifecycle.clone())
            .service(web::resource("/event/").guard(read()).to(list_events))
            .service(web::resource("/event/").guard(guard::Post()).to(create_event))
            .service(web::resource("/event/").guard(guard::Delete()).to(delete_event))
            .service(web::resource("/event/update/").guard(guard::Post()).to(update_event))
            .service(web::resource("/event/{id}/").guard(read()).to(get_event));
    }
}
