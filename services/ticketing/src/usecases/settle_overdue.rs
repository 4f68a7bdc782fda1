//! The janitor: settles claims whose deadline has passed, whatever became of the process that made them.

use std::collections::BTreeMap;

use booked_ids::{EventId, SeatNumber};

use super::{Context, SCRIPT_SEATS};
use crate::{
    domain::seat::{AttemptId, ClaimKind},
    ports::{Fate, PoolFailure, Settlement, StoreFailure},
};

/// Claims that are settled at one visit.
const CLAIMS_MAX: u32 = 256;

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

/// Settles the event's overdue claims, and says how many seats it put right.
///
/// A booking's attempt is voided first: then either its transaction is in the books already, or it never will be, however
/// late it comes. A cancel or a check needs no void: Postgres says who owns the seat, and a cancel that comes later finds
/// its claim gone and leaves the bit to the reconciler.
///
/// # Errors
///
/// See [`VisitFailure`].
pub async fn settle_overdue(context: &Context, event: EventId) -> Result<u32, VisitFailure> {
    let mut attempts: BTreeMap<AttemptId, (ClaimKind, Vec<SeatNumber>)> = BTreeMap::new();
    for overdue in context.pool.overdue(event, CLAIMS_MAX).await? {
        let claim = overdue.claim;
        attempts.entry(claim.attempt).or_insert((claim.kind, Vec::new())).1.push(overdue.seat);
    }
    let mut settled = 0;
    for (attempt, (kind, seats)) in attempts {
        match kind {
            ClaimKind::Book => match context.store.void_unless_booked(attempt).await? {
                Fate::Booked => context.pool.finish(event, attempt, &seats).await?,
                Fate::Void => context.pool.give_back(event, attempt, &seats).await?,
            },
            ClaimKind::Cancel | ClaimKind::Check => ask_and_settle(context, event, attempt, &seats).await?,
        }
        settled += u32::try_from(seats.len()).unwrap_or(u32::MAX);
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
) -> Result<(), VisitFailure> {
    let sold = context.store.sold_among(event, seats).await?;
    let settlements: Vec<Settlement> =
        seats.iter().map(|seat| Settlement { seat: *seat, sold: sold.contains(seat) }).collect();
    for settlements in settlements.chunks(SCRIPT_SEATS) {
        context.pool.settle(event, attempt, settlements).await?;
    }
    Ok(())
}
