//! The service's routes, in one table.

use actix_web::web::{ServiceConfig, get, post, resource};

use super::{
    add_to_waitlist::add_to_waitlist, book_tickets::book_tickets, cancel_tickets::cancel_tickets,
    catch_up::catch_up, count_occupied::count_occupied, list_bookings::list_bookings,
    release_tickets::release_tickets, reserve_tickets::reserve_tickets,
};

/// Adds all of them, but the feed's, which the feed itself serves.
pub fn routes(service: &mut ServiceConfig) {
    service
        .service(resource("/ticket/reserve/").route(post().to(reserve_tickets)))
        .service(resource("/ticket/book/").route(post().to(book_tickets)))
        .service(resource("/ticket/cancel/").route(post().to(cancel_tickets)))
        .service(resource("/ticket/release/").route(post().to(release_tickets)))
        .service(resource("/waitlist/add/").route(post().to(add_to_waitlist)))
        .service(resource("/user/bookings/").route(get().to(list_bookings)))
        .service(resource("/internal/availability").route(post().to(count_occupied)))
        .service(resource("/internal/catch-up").route(post().to(catch_up)));
}
