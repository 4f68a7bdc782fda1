//! The janitor: settles claims whose deadline has passed, whatever became of the process that made them.

use std::collections::BTreeMap;

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber};

use super::{
    Context,
    attempt::{Attempt, Settled},
};
use crate::{
    domain::seat::{AttemptId, ClaimKind},
    ports::AttemptOutcome,
};

/// Claims that are settled at one visit.
const CLAIMS_MAX: u32 = 256;

/// Settles the event's overdue claims, and says what it repaired.
///
/// A booking's attempt is voided first: then either its transaction is in the books already, or it never will be, however
/// late it comes. A cancel or a check needs no void: Postgres says who owns the seat, and a cancel that comes later finds
/// its claim gone and leaves the bit to the reconciler.
///
/// # Errors
///
/// See [`Failure`].
pub async fn settle_overdue(context: &Context, event: EventId) -> Result<Settled, Failure> {
    let mut attempts: BTreeMap<AttemptId, (ClaimKind, Vec<SeatNumber>)> = BTreeMap::new();
    for overdue in context.claims.overdue(event, CLAIMS_MAX).await? {
        let claim = overdue.claim;
        attempts.entry(claim.attempt).or_insert((claim.kind, Vec::new())).1.push(overdue.seat);
    }
    let mut settled = Settled::default();
    for (attempt, (kind, seats)) in attempts {
        match kind {
            ClaimKind::Book => match context.bookings.void_unless_booked(attempt).await? {
                AttemptOutcome::Booked => {
                    settled.finished += context.claims.finish(event, attempt, None, &seats).await?
                }
                AttemptOutcome::Void => {
                    settled.restored += context.claims.restore_hold(event, attempt, &seats).await?
                }
            },
            ClaimKind::Cancel | ClaimKind::Check => {
                let Settled { finished, freed, .. } =
                    Attempt::of(context, attempt).settle(event, &seats).await?;
                settled.finished += finished;
                settled.freed += freed;
            }
        }
        tracing::info!(%event, attempt = %attempt.0, ?kind, seats = seats.len(), "settled an overdue claim");
    }
    Ok(settled)
}
