//! Arguments of scripts, as all of them write them.

use std::time::Duration;

use booked_idempotency::RequestKey;
use booked_ids::SeatNumber;
use redis::Cmd;

use crate::domain::{seat::AttemptId, terms::Terms};

pub(super) fn add_seats(command: &mut Cmd, seats: &[SeatNumber]) {
    seats.iter().for_each(|seat| {
        command.arg(seat.get());
    });
}

pub(super) fn add_attempt(command: &mut Cmd, attempt: AttemptId) {
    command.arg(attempt.0.to_string());
}

/// The terms as the prelude's `set_terms` reads them; without a limit of the event's own, this one is written.
pub(super) fn add_terms(command: &mut Cmd, terms: &Terms, max_per_buyer: u32) {
    command.arg(terms.version);
    command.arg(terms.on_sale_unix_time.unwrap_or(0)).arg(terms.off_sale_unix_time.unwrap_or(0));
    command.arg(u8::from(terms.paused)).arg(u8::from(terms.cancelled));
    command.arg(terms.max_per_buyer.unwrap_or(max_per_buyer));
}

/// A request's key as `answers.lua` reads it.
pub(super) fn add_key(command: &mut Cmd, key: Option<RequestKey>) {
    match key {
        Some(key) => command.arg(format!("{}{}", key.id.simple(), key.request.simple())),
        None => command.arg(""),
    };
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
