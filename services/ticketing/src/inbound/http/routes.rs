//! The table of the service's routes.

use actix_web::web::ServiceConfig;
use booked_server::{read, write};
use utoipa::OpenApi;

use super::{
    add_to_waitlist::{self, add_to_waitlist},
    book_tickets::{self, book_tickets},
    cancel_chosen_tickets::{self, cancel_chosen_tickets},
    cancel_tickets::{self, cancel_tickets},
    catch_up::catch_up,
    count_occupied::count_occupied,
    count_waiting::{self, count_waiting},
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
    count_waiting::count_waiting,
    list_bookings::list_bookings,
    list_tickets::list_tickets,
    list_holds::list_holds
))]
pub struct ApiDoc;

/// Adds the routes.
pub(crate) fn routes(service: &mut ServiceConfig) {
    service
        .service(write("/ticket/reserve/").to(reserve_tickets))
        .service(write("/ticket/book/").to(book_tickets))
        .service(write("/ticket/cancel/").to(cancel_tickets))
        .service(write("/ticket/cancel_tickets/").to(cancel_chosen_tickets))
        .service(read("/ticket/holds/").to(list_holds))
        .service(write("/ticket/release/").to(release_tickets))
        .service(read("/waitlist/").to(count_waiting))
        .service(write("/waitlist/add/").to(add_to_waitlist))
        .service(read("/user/bookings/").to(list_bookings))
        .service(read("/user/tickets/").to(list_tickets))
        .service(write("/internal/availability").to(count_occupied))
        .service(write("/internal/catch-up").to(catch_up));
}
