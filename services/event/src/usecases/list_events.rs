//! A client lists the events.

use std::iter;

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::domain::{Listing, Offer, Page};

/// A page of events, each with the number of free seats and where it stands.
///
/// # Errors
///
/// See [`Failure`]. If the free seats are unknown, there is no page either.
pub async fn list_events(context: &Context, listing: Listing) -> Result<Page, Failure> {
    // One moment for the filter and the answer, so that they agree.
    let now = context.clock.now();
    let events = context.events.list(listing, now).await?;
    if events.is_empty() {
        return Ok(Page::default());
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let occupied = context.ticketing.occupied(&ids).await?;
    let now = now.timestamp_millis();
    let offers =
        iter::zip(events, occupied).map(|(event, occupied)| Offer::new(event, occupied, now)).collect();
    Ok(Page { offers })
}
