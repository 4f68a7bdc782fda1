//! The table of the service's routes.

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

use super::{
    add_to_waitlist::{self, add_to_waitlist},
    book_tickets::{self, book_tickets},
    cancel_chosen_tickets::{self, cancel_chosen_tickets},
    cancel_tickets::{self, cancel_tickets},
    catch_up::catch_up,
    count_occupied::count_occupied,
    list_bookings::{self, list_bookings},
    list_holds::{self, list_holds},
    list_tickets::{self, list_tickets},
    release_tickets::{self, release_tickets},
    reserve_tickets::{self, reserve_tickets},
};

/// The public routes, for the OpenAPI document of the system.
#[derive(OpenApi)]
#[openapi(paths(
    reserve_tickets::reserve_tickets,
    book_tickets::book_tickets,
    cancel_tickets::cancel_tickets,
    cancel_chosen_tickets::cancel_chosen_tickets,
    release_tickets::release_tickets,
    add_to_waitlist::add_to_waitlist,
    list_bookings::list_bookings,
    list_tickets::list_tickets,
    list_holds::list_holds
))]
pub struct ApiDoc;

/// Adds the routes.
pub(crate) fn routes(service: &mut ServiceConfig) {
    service
        .service(resource("/ticket/reserve/").route(post().to(reserve_tickets)))
        .service(resource("/ticket/book/").route(post().to(book_tickets)))
        .service(resource("/ticket/cancel/").route(post().to(cancel_tickets)))
        .service(resource("/ticket/cancel_tickets/").route(post().to(cancel_chosen_tickets)))
        .service(resource("/ticket/holds/").route(get().to(list_holds)))
        .service(resource("/ticket/release/").route(post().to(release_tickets)))
        .service(resource("/waitlist/add/").route(post().to(add_to_waitlist)))
        .service(resource("/user/bookings/").route(get().to(list_bookings)))
        .service(resource("/user/tickets/").route(get().to(list_tickets)))
        .service(resource("/internal/availability").route(post().to(count_occupied)))
        .service(resource("/internal/catch-up").route(post().to(catch_up)));
}
