//! What an auditor reads: pieces of the books and of inventories, each at one moment. Nothing is changed but a lease.

use std::time::Duration;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use crate::domain::invariant::{AuditedTicket, TicketsBetween, TicketsCounted};

/// The books, as Postgres keeps them.
#[async_trait]
pub trait LedgerAudit: Send + Sync {
    /// Takes or keeps the lease for so long: one replica audits at a time, which is thrift.
    async fn take_lease(&self, holder: Uuid, lease: Duration) -> Result<bool, Failure>;

    /// Releases the lease, if it is this holder's.
    async fn give_lease(&self, holder: Uuid) -> Result<(), Failure>;

    /// At most this many tickets after the given one, in the order of ids.
    async fn tickets(&self, after: Option<TicketId>, limit: u32) -> Result<Vec<AuditedTicket>, Failure>;

    /// Counts the tickets of some live events after the given one, in the order of ids: at most this many, and not many more
    /// seats.
    async fn watch(
        &self,
        after: Option<EventId>,
        events_max: u32,
        seats_max: u32,
    ) -> Result<TicketCounts, Failure>;

    /// What became of watched events. Those that were deleted meanwhile are left out; so are all if another server has
    /// taken over, whose transactions cannot be compared.
    async fn compare(&self, watched: &TicketCounts) -> Result<Vec<TicketsBetween>, Failure>;
}

/// Events and their tickets at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketCounts {
    /// That moment: the transactions that were committed by then, as Postgres names them.
    pub moment: String,
    /// A row of the ledger up to which all were committed by then, or never will be.
    pub ledger_until: i64,
    /// The server's timeline.
    pub timeline: String,
    /// The events, each with its tickets.
    pub events: Vec<(EventId, i64)>,
    /// Their tickets beside their counts.
    pub counted: Vec<TicketsCounted>,
}
