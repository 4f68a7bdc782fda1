//! The port [`Claims`] on Valkey: each operation is one script, with its arguments and its answer.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, UserId};
use redis::Value;

use super::{
    arguments::{add_attempt, add_key, add_seats, millis},
    finish_queue::Finish,
    reply::{read, seat, seats, states, unexpected, worded},
    scripts,
    seats::ValkeySeats,
};
use crate::{
    domain::seat::AttemptId,
    ports::{Claimed, Claims, OverdueClaim, Settlement},
};

#[async_trait]
impl Claims for ValkeySeats {
    async fn claim(
        &self,
        event: EventId,
        user: UserId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<Claimed, Failure> {
        self.active.mark(event);
        let answer = self
            .run(&scripts::CLAIM, event, |command| {
                command.arg(user.to_string());
                add_attempt(command, attempt);
                command.arg(millis(self.lifetimes.claim));
                add_seats(command, seats);
            })
            .await?;
        let (word, rest) = worded(answer)?;
        match word.as_str() {
            "not loaded" => Ok(Claimed::NotLoaded),
            "claimed" => Ok(Claimed::All),
            "refused" => Ok(Claimed::Refused(states(rest, seats)?)),
            other => Err(unexpected(&other)),
        }
    }

    async fn claim_sold(
        &self,
        event: EventId,
        attempt: AttemptId,
        canceller: Option<UserId>,
        asked: &[SeatNumber],
    ) -> Result<Vec<SeatNumber>, Failure> {
        self.active.mark(event);
        let kind = if canceller.is_some() { "cancel" } else { "check" };
        let answer = self
            .run(&scripts::CLAIM_SOLD, event, |command| {
                add_attempt(command, attempt);
                command.arg(kind).arg(text_of(canceller)).arg(millis(self.lifetimes.claim));
                add_seats(command, asked);
            })
            .await?;
        seats(read::<Vec<Value>>(answer)?.into_iter())
    }

    async fn finish(
        &self,
        event: EventId,
        attempt: AttemptId,
        user: Option<UserId>,
        seats: &[SeatNumber],
    ) -> Result<u32, Failure> {
        self.finish_with_others(event, Finish { attempt, user, seats: seats.to_vec() }).await
    }

    async fn restore_hold(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, Failure> {
        let answer = self.run(&scripts::RESTORE_HOLD, event, |command| {
            add_attempt(command, attempt);
            add_seats(command, seats);
        });
        read(answer.await?)
    }

    async fn settle(
        &self,
        event: EventId,
        attempt: AttemptId,
        settlements: &[Settlement],
        key: Option<RequestKey>,
    ) -> Result<Vec<SeatNumber>, Failure> {
        let answer = self.run(&scripts::SETTLE, event, |command| {
            add_key(command, key);
            add_attempt(command, attempt);
            for settlement in settlements {
                command.arg(settlement.seat.get()).arg(u8::from(settlement.sold));
            }
        });
        seats(read::<Vec<Value>>(answer.await?)?.into_iter())
    }

    async fn overdue(&self, event: EventId, limit: u32) -> Result<Vec<OverdueClaim>, Failure> {
        let answer = self.run(&scripts::OVERDUE, event, |command| {
            command.arg(limit);
        });
        let pairs: Vec<(u32, String)> = read(answer.await?)?;
        let overdue = pairs.into_iter().map(|(number, claim)| {
            Ok(OverdueClaim { seat: seat(number)?, claim: super::reply::parse_claim(&claim)? })
        });
        overdue.collect()
    }
}

fn text_of(user: Option<UserId>) -> String {
    user.map(|user| user.to_string()).unwrap_or_default()
}
