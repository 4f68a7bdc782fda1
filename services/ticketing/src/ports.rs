//! What the rules need of the world. Every operation is one step, atomic by itself: between any two of them a process
//! may stop for minutes and then go on.

mod event_changes;
mod event_feed;
mod notifier;
mod sales_audit;
mod seat_pool;
mod ticket_store;
mod waitlist_store;

pub use event_changes::EventChanges;
pub use event_feed::{EventFeed, FeedAway};
pub use notifier::{Notification, Notifier, NotifyFailure};
pub use sales_audit::{InventoryAudit, LedgerAudit, TicketCounts};
pub use seat_pool::{
    Claimed, Expired, LeaseNonce, OverdueClaim, PoolFailure, Released, Reserved, SeatPool, Settlement,
};
pub use ticket_store::{
    AttemptOutcome, Booked, Cancelled, EventRecord, Latest, Snapshot, StoreFailure, TicketStore,
};
pub use waitlist_store::{Backlog, DueNotification, Joined, WaitlistStore};
