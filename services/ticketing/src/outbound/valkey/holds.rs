//! The port [`Holds`] on Valkey: each operation is one script, with its arguments and its answer.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};

use super::{
    arguments::{add_key, add_seats, millis},
    reply::{
        answered, limit_of_buyer, read, refusal_word, released, reserved, seat, states, unexpected, worded,
    },
    scripts,
    seats::ValkeySeats,
};
use crate::{
    domain::{booking::Refusal, count::SeatsWanted, seat::SeatStates},
    ports::{Expired, HELD_MAX, HeldUntil, Holds, LimitOfBuyer, Released, Reserved},
};

/// A reservation is not refused for tickets that were noted longer ago, in milliseconds, since they may have been cancelled: who has
/// just cancelled may reserve again.
const NOTED_LATELY_MS: u64 = 1_000;

#[async_trait]
impl Holds for ValkeySeats {
    async fn reserve(
        &self,
        event: EventId,
        user: UserId,
        count: SeatsWanted,
        key: Option<RequestKey>,
    ) -> Result<Answered<Reserved>, Failure> {
        self.active.mark(event);
        let answer = self
            .run(&scripts::RESERVE, event, |command| {
                add_key(command, key);
                command.arg(user.to_string()).arg(count.get()).arg(millis(self.lifetimes.hold));
                command.arg(self.limit.seats).arg(millis(self.limit.cooldown)).arg(NOTED_LATELY_MS);
            })
            .await?;
        let answered = answered(answer, reserved)?;
        if answered.is_replay {
            return Ok(answered);
        }
        self.refused_reservations.count(&answered.what);
        if matches!(answered.what, Reserved::TooManyHeld { .. }) {
            self.refused.add(1, &[]);
        }
        if let Reserved::Held { expires_unix_ms, .. } = &answered.what {
            self.held_events.note(user, event, *expires_unix_ms);
        }
        Ok(answered)
    }

    async fn note_tickets(
        &self,
        event: EventId,
        user: UserId,
        asked_unix_ms: i64,
        seats: &[SeatNumber],
    ) -> Result<(), Failure> {
        let answer = self.run(&scripts::NOTE_TICKETS, event, |command| {
            command.arg(user.to_string()).arg(asked_unix_ms);
            add_seats(command, seats);
        });
        answer.await.map(drop)
    }

    async fn limit_of_buyer(&self, event: EventId, user: UserId) -> Result<LimitOfBuyer, Failure> {
        let answer = self.run(&scripts::LIMIT_OF_BUYER, event, |command| {
            command.arg(user.to_string());
        });
        limit_of_buyer(answer.await?)
    }

    async fn release(
        &self,
        event: EventId,
        user: UserId,
        seats: &[SeatNumber],
        key: Option<RequestKey>,
    ) -> Result<Answered<Released>, Failure> {
        let answer = self.run(&scripts::RELEASE, event, |command| {
            add_key(command, key);
            command.arg(user.to_string());
            add_seats(command, seats);
        });
        answered(answer.await?, |word, rest| released(word, rest, seats))
    }

    async fn answered(&self, event: EventId, key: RequestKey) -> Result<Option<Released>, Failure> {
        let answer = self.run(&scripts::ANSWERED, event, |command| add_key(command, Some(key)));
        answered(answer.await?, |word, rest| match word {
            "nothing" => Ok(None),
            word => released(word, rest, &[]).map(Some),
        })
        .map(|answered| answered.what)
    }

    async fn keep_refusal(
        &self,
        event: EventId,
        user: UserId,
        refusal: Refusal,
        key: RequestKey,
    ) -> Result<Answered<Released>, Failure> {
        let answer = self.run(&scripts::KEEP_REFUSAL, event, |command| {
            add_key(command, Some(key));
            command.arg(user.to_string()).arg(refusal_word(refusal));
        });
        answered(answer.await?, |word, rest| released(word, rest, &[]))
    }

    async fn keep_released(
        &self,
        event: EventId,
        user: UserId,
        key: RequestKey,
    ) -> Result<Answered<Released>, Failure> {
        let answer = self.run(&scripts::KEEP_RELEASED, event, |command| {
            add_key(command, Some(key));
            command.arg(user.to_string());
        });
        answered(answer.await?, |word, rest| released(word, rest, &[]))
    }

    async fn inspect(&self, event: EventId, seats: &[SeatNumber]) -> Result<Option<SeatStates>, Failure> {
        let answer = self.run(&scripts::INSPECT, event, |command| add_seats(command, seats)).await?;
        let (word, rest) = worded(answer)?;
        match word.as_str() {
            "not loaded" => Ok(None),
            "found" => states(rest, seats).map(Some),
            other => Err(unexpected(&other)),
        }
    }

    async fn held_by(&self, event: EventId, user: UserId) -> Result<Vec<HeldUntil>, Failure> {
        let answer = self.run(&scripts::HOLDS_OF_USER, event, |command| {
            command.arg(user.to_string()).arg(HELD_MAX);
        });
        let held: Vec<(i64, u32)> = read(answer.await?)?;
        let held = held.into_iter();
        held.map(|(expires_unix_ms, number)| Ok(HeldUntil { seat: seat(number)?, expires_unix_ms })).collect()
    }

    async fn events_held_by(&self, user: UserId) -> Result<Vec<EventId>, Failure> {
        self.held_events.of(user).await
    }

    async fn expire_holds(&self, event: EventId, limit: u32) -> Result<Expired, Failure> {
        let answer = self.run(&scripts::EXPIRE_HOLDS, event, |command| {
            command.arg(limit);
        });
        let (ended, holds, claims): (u32, u32, u32) = read(answer.await?)?;
        Ok(Expired { ended, left: holds + claims })
    }
}
