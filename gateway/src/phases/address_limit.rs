//! Phase 4, address limit: how fast one address may ask, whoever it is.

use std::net::IpAddr;

use crate::{rate::RateLimit, refusal::Refusal};

/// Counts a request of its address.
pub(crate) fn check(limit: Option<&RateLimit<IpAddr>>, client: IpAddr) -> Result<(), Refusal> {
    let Some(limit) = limit else { return Ok(()) };
    limit
        .check(&client)
        .map_err(|too_fast| Refusal::TooManyRequests { retry_after_s: too_fast.retry_after_s })
}
