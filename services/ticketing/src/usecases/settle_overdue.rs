//! The janitor: settles claims whose deadline has passed, whatever became of the process that made them.

use std::collections::BTreeMap;

use booked_ids::{EventId, SeatNumber};

use super::{Context, SCRIPT_SEATS};
use crate::{
    domain::seat::{AttemptId, ClaimKind},
    ports::{AttemptOutcome, PoolFailure, Settlement, StoreFailure},
};

/// Claims that are settled at one visit.
const CLAIMS_MAX: u32 = 256;

/// Seats whose claims were ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Sold in Postgres: they stay taken.
    pub finished: u32,
    /// Not booked after all: they are held as before, or free where that time has passed.
    pub restored: u32,
    /// Cancelled, or never sold: they are free.
    pub freed: u32,
}

impl Settled {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u32 {
        self.finished + self.restored + self.freed
    }
}

/// A visit could not be finished; the next one goes on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VisitFailure {
    /// Valkey failed.
    #[error(transparent)]
    Pool(#[from] PoolFailure),
    /// Postgres failed.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// Settles the event's overdue claims, and says what it put right.
///
/// A booking's attempt is voided first: then either its transaction is in the books already, or it never will be, however
/// late it comes. A cancel or a check needs no void: Postgres says who owns the seat, and a cancel that comes later finds
/// its claim gone and leaves the bit to the reconciler.
///
/// # Errors
///
/// See [`VisitFailure`].
pub async fn settle_overdue(context: &Context, event: EventId) -> Result<Settled, VisitFailure> {
    let mut attempts: BTreeMap<AttemptId, (ClaimKind, Vec<SeatNumber>)> = BTreeMap::new();
    for overdue in context.pool.overdue(event, CLAIMS_MAX).await? {
        let claim = overdue.claim;
        attempts.entry(claim.attempt).or_insert((claim.kind, Vec::new())).1.push(overdue.seat);
    }
    let mut settled = Settled::default();
    for (attempt, (kind, seats)) in attempts {
        match kind {
            ClaimKind::Book => match context.store.void_unless_booked(attempt).await? {
                AttemptOutcome::Booked => {
                    settled.finished += context.pool.finish(event, attempt, &seats).await?
                }
                AttemptOutcome::Void => {
                    settled.restored += context.pool.restore_hold(event, attempt, &seats).await?
                }
            },
            ClaimKind::Cancel | ClaimKind::Check => {
                let Settled { finished, freed, .. } = ask_and_settle(context, event, attempt, &seats).await?;
                settled.finished += finished;
                settled.freed += freed;
            }
        }
        tracing::info!(%event, attempt = %attempt.0, ?kind, seats = seats.len(), "settled an overdue claim");
    }
    Ok(settled)
}

/// Settles claimed seats by what Postgres says of them now, after the claim.
pub(super) async fn ask_and_settle(
    context: &Context,
    event: EventId,
    attempt: AttemptId,
    seats: &[SeatNumber],
) -> Result<Settled, VisitFailure> {
    let sold = context.store.sold_among(event, seats).await?;
    let settlements: Vec<Settlement> =
        seats.iter().map(|seat| Settlement { seat: *seat, sold: sold.contains(seat) }).collect();
    let mut settled = Settled::default();
    for settlements in settlements.chunks(SCRIPT_SEATS) {
        for seat in context.pool.settle(event, attempt, settlements).await? {
            if sold.contains(&seat) { settled.finished += 1 } else { settled.freed += 1 }
        }
    }
    Ok(settled)
}
