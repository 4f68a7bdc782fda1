//! Arguments of scripts, as all of them write them.

use std::time::Duration;

use booked_ids::SeatNumber;
use redis::Cmd;

use crate::domain::seat::AttemptId;

pub(super) fn add_seats(command: &mut Cmd, seats: &[SeatNumber]) {
    seats.iter().for_each(|seat| {
        command.arg(seat.get());
    });
}

pub(super) fn add_attempt(command: &mut Cmd, attempt: AttemptId) {
    command.arg(attempt.0.to_string());
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
