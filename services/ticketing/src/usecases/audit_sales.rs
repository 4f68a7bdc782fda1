//! Audit: checks piece by piece what must always hold. It finds what no other part of the system searches for, and repairs
//! nothing: a violation is a fault of the system, and a person must look at it.

use std::sync::Arc;

use booked_failure::Failure;
use booked_ids::{EventId, TicketId};

use crate::{
    domain::invariant::{TicketsBetween, TicketsCounted, Violation},
    ports::{Events, Inventory, LedgerAudit, TicketCounts},
};

/// Tickets that one turn checks.
const TICKETS_MAX: u32 = 1_000;
/// Events that one turn checks, and about how many seats they may have together: their tickets are counted.
const EVENTS_MAX: u32 = 64;
const SEATS_MAX: u32 = 500_000;

/// Goes round all tickets and all live events, a piece at a turn, and begins again.
pub struct Auditor {
    /// What Postgres keeps.
    pub ledger: Arc<dyn LedgerAudit>,
    /// What Valkey keeps.
    pub inventory: Arc<dyn Inventory>,
    /// Events as they are now.
    pub events: Arc<dyn Events>,
    /// How far it has come.
    pub progress: Progress,
}

/// How far an audit has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    ticket: Option<TicketId>,
    event: Option<EventId>,
    /// Since the turn before.
    watched: Option<TicketCounts>,
}

/// What a turn found.
#[derive(Clone, Debug, Default)]
pub struct Audited {
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// Why not all could be looked at.
    pub failure: Option<Failure>,
}

/// Takes one turn. What cannot be looked at now keeps nothing else from being looked at.
pub async fn audit_sales(auditor: &mut Auditor) -> Audited {
    let mut audited = Audited::default();
    for part in [audit_tickets(auditor).await, audit_ledger(auditor).await, audit_inventories(auditor).await]
    {
        match part {
            Ok(found) => audited.violations.extend(found),
            Err(failure) => audited.failure = Some(failure),
        }
    }
    audited
}

async fn audit_tickets(auditor: &mut Auditor) -> Result<Vec<Violation>, Failure> {
    let tickets = auditor.ledger.tickets(auditor.progress.ticket, TICKETS_MAX).await?;
    auditor.progress.ticket = tickets.last().map(|ticket| ticket.ticket);
    Ok(tickets.iter().flat_map(|ticket| ticket.violations()).collect())
}

/// Compares the events of the turn before, and takes the next ones.
async fn audit_ledger(auditor: &mut Auditor) -> Result<Vec<Violation>, Failure> {
    // Taken out: if it cannot be compared now, the ledger of the time since would only become longer.
    let between = match auditor.progress.watched.take() {
        Some(watched) => auditor.ledger.compare(&watched).await?,
        None => Vec::new(),
    };
    let mut watched = auditor.ledger.watch(auditor.progress.event, EVENTS_MAX, SEATS_MAX).await?;
    if watched.events.is_empty() && auditor.progress.event.is_some() {
        watched = auditor.ledger.watch(None, EVENTS_MAX, SEATS_MAX).await?;
    }
    auditor.progress.event = watched.events.last().map(|(event, _)| *event);
    let counted: Vec<Violation> = watched.counted.iter().flat_map(TicketsCounted::violations).collect();
    auditor.progress.watched = Some(watched).filter(|watched| !watched.events.is_empty());
    Ok(between.iter().filter_map(TicketsBetween::violation).chain(counted).collect())
}

/// The inventories of the events that are watched now.
async fn audit_inventories(auditor: &Auditor) -> Result<Vec<Violation>, Failure> {
    let mut found = Vec::new();
    for (event, _) in auditor.progress.watched.iter().flat_map(|watched| &watched.events) {
        let Some(figures) = auditor.inventory.figures(*event).await? else { continue };
        // Postgres after Valkey, which never knows of a growth first.
        if let Some(now) = auditor.events.event(*event).await? {
            found.extend(figures.violations(*event, now.capacity));
        }
    }
    Ok(found)
}
