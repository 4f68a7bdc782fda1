//! Phase 6, user limit: how fast one user may ask, from whichever addresses.

use booked_ids::UserId;

use super::identity::Caller;
use crate::{rate::RateLimit, refusal::Refusal};

/// Counts a request of its user, where it is known who asks.
pub(crate) fn check(limit: Option<&RateLimit<UserId>>, caller: Option<&Caller>) -> Result<(), Refusal> {
    let (Some(limit), Some(caller)) = (limit, caller) else { return Ok(()) };
    limit
        .check(&caller.identity().user)
        .map_err(|too_fast| Refusal::TooManyRequests { retry_after_s: too_fast.retry_after_s })
}
