//! Tell everybody who has tickets of a cancelled event and everybody who waits for it, once each, in pieces. No piece holds anything
//! that a sale needs.

use booked_failure::Failure;

use super::Context;

/// Cancelled events that are dealt with at one visit.
const EVENTS_MAX: u32 = 16;
/// Entries of a waitlist, or tickets, that one transaction deals with.
const PIECE: u32 = 500;

/// Tells those who wait for cancelled events, and a piece of those who have tickets of each. Says whether more are left that this
/// process should go on with.
///
/// # Errors
///
/// The store or the user service fails; the next visit goes on.
pub async fn notify_cancelled(context: &Context) -> Result<bool, Failure> {
    // First, since their addresses are known here: they do not wait for the user service.
    let awaited = context.cancelled.awaited(EVENTS_MAX).await?;
    let mut is_more_left = u32::try_from(awaited.len()).is_ok_and(|count| count == EVENTS_MAX);
    for event in awaited {
        while context.cancelled.notify_waiting(event, PIECE).await? == PIECE {}
    }
    for event in context.cancelled.owned(EVENTS_MAX).await? {
        let Some(owners) = context.cancelled.next_owners(event, PIECE).await? else { continue };
        // Before the transaction, so that none stays open while another service is asked.
        let emails = match owners.users.as_slice() {
            [] => Vec::new(),
            users => context.users.emails(users).await?,
        };
        let addresses = owners.users.iter().copied().zip(emails);
        let addresses = addresses.filter_map(|(user, email)| Some((user, email?))).collect();
        is_more_left |= context.cancelled.notify_owners(&owners, addresses).await?;
    }
    Ok(is_more_left)
}
