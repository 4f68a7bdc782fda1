//! A client lists the events.

use std::iter;

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::domain::{Listing, Offer, Page};

/// A page of events, each with the number of free seats.
///
/// # Errors
///
/// See [`Failure`]. If the free seats are unknown, there is no page either.
pub async fn list_events(context: &Context, listing: Listing) -> Result<Page, Failure> {
    let events = context.events.list(listing).await?;
    if events.is_empty() {
        return Ok(Page::default());
    }
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let occupied = context.ticketing.occupied(&ids).await?;
    let offers = iter::zip(events, occupied).map(|(event, occupied)| Offer::new(event, occupied)).collect();
    Ok(Page { offers })
}
