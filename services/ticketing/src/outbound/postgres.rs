//! Postgres: the only authority on who owns a seat.

mod batch_size;
mod book;
mod booking_queue;
mod bookings;
mod bookings_of_user;
mod buyer_limit;
mod cancel;
mod cancelled_events;
mod event_changes;
mod event_lock;
mod event_row;
mod event_states;
mod events;
mod keyed_bookings;
mod leases;
mod ledger_audit;
mod notifications;
mod purge;
mod queue_metrics;
mod schema;
mod snapshot;
mod tickets_of_user;
mod waitlist_store;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use booking_queue::{BookingQueue, QueueSettings};
pub use bookings::PostgresBookings;
pub use bookings_of_user::bookings_of_user;
pub use cancelled_events::PostgresCancelledEvents;
pub use event_changes::PostgresEventChanges;
pub use event_states::{apply_event_states, carry_out_change};
pub use events::PostgresEvents;
pub use ledger_audit::PostgresLedgerAudit;
pub use tickets_of_user::{TicketCursor, tickets_of_user};
pub use waitlist_store::PostgresWaitlistStore;

/// The migrations that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/ticketing");
