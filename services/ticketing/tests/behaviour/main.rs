//! What ticketing does, asked over HTTP as the gateway asks it: one verb a file.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod support;

mod add_to_waitlist;
mod apply_events;
mod arbitrary_requests;
mod audit_of_a_sound_sale;
mod audit_sales;
mod book_tickets;
mod buyer_limit;
mod cancel_chosen_tickets;
mod cancel_tickets;
mod cancelled_event;
mod catch_up;
mod count_occupied;
mod count_waiting;
mod deliver_notifications;
mod drop_deleted_inventories;
mod figures_of_a_sale;
mod group_commit;
mod idempotency_keys;
mod idempotency_keys_at_once;
mod idle;
mod list_bookings;
mod list_holds;
mod list_tickets;
mod notify_by_smtp;
mod notify_cancelled;
mod outages;
mod reconcile_seats;
mod release_tickets;
mod repairs;
mod reserve_tickets;
mod sale_window;
