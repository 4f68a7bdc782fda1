//! How tickets are found to be released, or not, whether they are of one event or of several.

use booked_failure::Failure;
use booked_ids::{EventId, UserId};

use super::{Context, concurrently::concurrently};
use crate::domain::{
    booking::{Refusal, Tickets, Triage},
    seat::SeatStates,
};

/// Why nothing was released.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A ticket is held by somebody else.
    #[error("a ticket is somebody else's")]
    NotYours,
    /// A ticket is not held by the user, or no more.
    #[error("a ticket is not reserved")]
    NotReserved,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    OtherRequest,
    /// It was refused before, under the same key.
    #[error("as before: {0}")]
    Before(Box<Self>),
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Inspects all events before any of them is claimed, so that the refusal that weighs most is found wherever it is.
pub(super) async fn inspect(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
) -> Result<Triage, ReleaseError> {
    let inspections = tickets.by_event().map(async |(event, seats)| {
        let found = context.holds.inspect(event, &seats).await;
        (event, seats, found)
    });
    let mut triage = Triage::default();
    for (event, seats, found) in concurrently(inspections).await {
        match found.map_err(Failure::harmless)? {
            Some(states) => triage.add(event, &states, user),
            None => triage.add_unseen(event, &seats),
        }
    }
    Ok(triage)
}

/// Why seats in these states cannot be released.
pub(super) fn refusal(event: EventId, states: &SeatStates, user: UserId) -> Refusal {
    let mut triage = Triage::default();
    triage.add(event, states, user);
    triage.all_held().err().unwrap_or(Refusal::NotReserved)
}

impl From<Refusal> for ReleaseError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotYours => Self::NotYours,
            Refusal::NotReserved => Self::NotReserved,
        }
    }
}
