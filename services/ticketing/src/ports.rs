//! What the rules need of the world. Every operation is one atomic step: between any two of them a process
//! may stop for minutes and then go on.

mod bookings;
mod cancelled_events;
mod claims;
mod event_changes;
mod event_feed;
mod events;
mod holds;
mod inventory;
mod ledger_audit;
mod notifier;
mod users;
mod waitlist_store;

pub use bookings::{AttemptOutcome, Booked, Bookings, Cancelled, Latest, Selection};
pub use cancelled_events::{CancelledEvents, Owners};
pub use claims::{Claimed, Claims, OverdueClaim, Settlement};
pub use event_changes::EventChanges;
pub use event_feed::EventFeed;
pub use events::{EventRecord, Events, Snapshot};
pub use holds::{Expired, HELD_MAX, HeldUntil, Holds, LimitOfBuyer, Released, Reserved};
pub use inventory::{Inventory, LeaseNonce};
pub use ledger_audit::{LedgerAudit, TicketCounts};
pub use notifier::{News, Notification, Notifier, NotifyFailure};
pub use users::Users;
pub use waitlist_store::{Backlog, DueNotification, Joined, WaitingCount, WaitlistStore};

/// The keeper of holds and claims, as failures name it.
pub const VALKEY: &str = "Valkey";
