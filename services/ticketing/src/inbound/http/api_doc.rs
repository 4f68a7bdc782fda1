//! The service's part of the OpenAPI document.

use utoipa::OpenApi;

use super::{
    add_to_waitlist::__path_add_to_waitlist, book_tickets::__path_book_tickets,
    cancel_tickets::__path_cancel_tickets, list_bookings::__path_list_bookings,
    release_tickets::__path_release_tickets, reserve_tickets::__path_reserve_tickets,
};

/// The public routes of this service.
#[derive(OpenApi)]
#[openapi(paths(
    reserve_tickets,
    book_tickets,
    cancel_tickets,
    release_tickets,
    add_to_waitlist,
    list_bookings
))]
pub struct ApiDoc;
