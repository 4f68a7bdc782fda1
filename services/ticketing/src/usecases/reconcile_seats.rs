//! The reconciler: compares an event's inventory with Postgres, piece by piece, and puts right what differs, by claim: a seat is
//! never freed because its bit "should" be free.

use std::collections::HashSet;

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber};

use super::{Context, SCRIPT_SEATS, attempt::Attempt};
use crate::{domain::seat::SeatState, ports::EventRecord};

/// Seats that are read at once.
const PIECE_SEATS: u32 = 65_536;

/// What a visit repaired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Seats that were taken in Valkey and are nobody's in Postgres: free now.
    pub freed: u32,
    /// Seats that are sold in Postgres and were free or held in Valkey: taken now.
    pub set: u32,
    /// Seats that Postgres has and Valkey did not know of.
    pub grown: u32,
    /// Inventories that did not count what they showed: 1 or 0.
    pub recounted: u32,
}

/// Visits one event.
///
/// # Errors
///
/// See [`Failure`]; what was not repaired is repaired at the next visit.
pub async fn reconcile_seats(context: &Context, event: EventRecord) -> Result<Reconciled, Failure> {
    let grown = context.inventory.follow(event).await?;
    // Read once: what is held or not any more by the time of a later piece is looked at again before it is touched.
    let held: HashSet<SeatNumber> = context.inventory.held(event.id).await?.into_iter().collect();
    let recounted = u32::from(context.inventory.recount(event.id).await?);
    let mut done = Reconciled { grown, recounted, ..Reconciled::default() };
    let mut first = 1;
    while let Some(start) = SeatNumber::new(first).filter(|start| start.get() <= event.capacity) {
        if !visit_piece(context, event.id, start, &held, &mut done).await? {
            break;
        }
        first += PIECE_SEATS;
    }
    if done != Reconciled::default() {
        tracing::info!(event = %event.id, ?done, "Valkey differed from Postgres");
    }
    Ok(done)
}

/// `false`: the event has no inventory.
async fn visit_piece(
    context: &Context,
    event: EventId,
    start: SeatNumber,
    held: &HashSet<SeatNumber>,
    done: &mut Reconciled,
) -> Result<bool, Failure> {
    // Valkey is read before Postgres: what is booked in between is taken in both.
    let Some(taken) = context.inventory.taken(event, start, PIECE_SEATS).await? else {
        return Ok(false);
    };
    let sold: HashSet<SeatNumber> =
        context.bookings.sold(event, start, PIECE_SEATS).await?.into_iter().collect();
    let taken: HashSet<SeatNumber> = taken.into_iter().collect();

    let suspects: Vec<SeatNumber> =
        taken.iter().filter(|seat| !sold.contains(seat) && !held.contains(seat)).copied().collect();
    for seats in suspects.chunks(SCRIPT_SEATS) {
        done.freed += check(context, event, seats).await?;
    }
    let lost: Vec<SeatNumber> =
        sold.iter().filter(|seat| !taken.contains(seat) || held.contains(seat)).copied().collect();
    for seats in lost.chunks(SCRIPT_SEATS) {
        done.set += repair(context, event, seats).await?;
    }
    Ok(true)
}

/// Claims the suspects that still look sold, asks Postgres again, and settles them by that. Says how many are free now.
async fn check(context: &Context, event: EventId, suspects: &[SeatNumber]) -> Result<u32, Failure> {
    let attempt = Attempt::new(context);
    let claimed = context.claims.claim_sold(event, attempt.id, None, suspects).await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    Ok(attempt.settle(event, &claimed).await?.freed)
}

/// Reads the seats once more, asks Postgres after it, and repairs those that are sold and still as they were read.
async fn repair(context: &Context, event: EventId, lost: &[SeatNumber]) -> Result<u32, Failure> {
    let Some(states) = context.holds.inspect(event, lost).await? else {
        return Ok(0);
    };
    let as_read = states.seats.into_iter().filter(|state| state.claim.is_none() && !state.looks_sold());
    let as_read: Vec<SeatState> = as_read.collect();
    let seats: Vec<SeatNumber> = as_read.iter().map(|state| state.seat).collect();
    let sold = context.bookings.sold_among(event, &seats).await?;
    let sold: Vec<SeatState> = as_read.into_iter().filter(|state| sold.contains(&state.seat)).collect();
    if sold.is_empty() { Ok(0) } else { Ok(context.inventory.repair(event, &sold).await?) }
}
