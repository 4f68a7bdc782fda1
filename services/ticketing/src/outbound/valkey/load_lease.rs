//! The lease of a load: a key that holds its nonce and expires on its own.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::EventId;
use redis::Value;

use super::{arguments::millis, client::Valkey, keys::EventKeys, scripts, seats::ValkeySeats};
use crate::ports::LeaseNonce;

/// Takes it, unless there is one.
pub(super) async fn take(
    valkey: &Valkey,
    event: EventId,
    nonce: LeaseNonce,
    lasts: Duration,
) -> Result<bool, Failure> {
    let mut command = redis::cmd("SET");
    command.arg(EventKeys::of(event).load()).arg(nonce.0.to_string());
    command.arg("NX").arg("PX").arg(millis(lasts));
    Ok(valkey.send(&command).await? == Value::Okay)
}

/// It lasts so long from now, if it is this nonce's.
pub(super) async fn keep(
    seats: &ValkeySeats,
    event: EventId,
    nonce: LeaseNonce,
    lasts: Duration,
) -> Result<(), Failure> {
    let kept = seats.run(&scripts::EXTEND_LOAD_LEASE, event, |command| {
        command.arg(nonce.0.to_string()).arg(millis(lasts));
    });
    kept.await.map(drop)
}
