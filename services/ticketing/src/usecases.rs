//! What the service does, one verb a file: functions over a context of ports.

mod add_to_waitlist;
mod audit_sales;
mod book_tickets;
mod cancel_tickets;
mod change_event;
mod context;
mod count_occupied;
mod deliver_messages;
mod drop_dead_maps;
mod follow_event;
mod purge_deleted;
mod rebuild_map;
mod reconcile_seats;
mod release_tickets;
mod reserve_tickets;
mod settle_overdue;
mod tell_waitlist;

pub use add_to_waitlist::{AddToWaitlistError, add_to_waitlist};
pub use audit_sales::{Audited, Auditor, Progress, audit_sales};
pub use book_tickets::{BookError, book_tickets};
pub use cancel_tickets::{CancelError, cancel_tickets};
pub use change_event::change_event;
use context::SCRIPT_SEATS;
pub use context::{Context, Patience};
pub use count_occupied::{CountError, count_occupied};
pub use deliver_messages::{Delivered, deliver_messages};
pub use drop_dead_maps::drop_dead_maps;
pub use follow_event::follow_event;
pub use purge_deleted::purge_deleted;
pub use rebuild_map::{RebuildError, Rebuilds, rebuild_map};
pub use reconcile_seats::{Reconciled, reconcile_seats};
pub use release_tickets::{ReleaseError, release_tickets};
pub use reserve_tickets::{Reservation, ReserveError, reserve_tickets};
pub use settle_overdue::{Settled, VisitFailure, settle_overdue};
pub use tell_waitlist::{MovedSales, moved_sales, tell_waitlist};
