//! The port [`SeatPool`] on Valkey: each operation is one script, with its arguments and its answer.

use std::time::Duration;

use async_trait::async_trait;
use booked_ids::{EventId, SeatNumber, UserId};
use futures_util::future::{join_all, try_join_all};
use opentelemetry::metrics::Counter;
use redis::{Cmd, Value};

use super::{
    active_events::ActiveEvents,
    arguments::{add_attempt, add_seats, millis},
    bitmap,
    client::Valkey,
    keys::EventKeys,
    lifetimes::{HoldLimit, Lifetimes},
    load_lease,
    metrics::holds_refused,
    reply::{read, reserved, seat, seats, states, unexpected, worded},
    scripts::{self, Script},
};
use crate::{
    domain::{
        count::SeatsWanted,
        seat::{AttemptId, ClaimKind, SeatState, SeatStates},
        waitlist::{SaleState, Watermark},
    },
    ports::{
        Claimed, Expired, LeaseNonce, OverdueClaim, PoolFailure, Released, Reserved, SeatPool, Settlement,
    },
};

/// How long a deleted event's lease is kept: longer than any load can be late.
const DROPPED_FOR: Duration = Duration::from_secs(24 * 3600);
/// Events whose seats are counted at once: a page may have thousands, and others wait for Valkey too.
const COUNTED_AT_ONCE: usize = 64;
/// Holds that are read at once.
const SCAN_COUNT: u32 = 1000;

/// The seats of all events, in Valkey.
#[derive(Clone, Debug)]
pub struct ValkeySeatPool {
    valkey: Valkey,
    active: ActiveEvents,
    lifetimes: Lifetimes,
    limit: HoldLimit,
    refused: Counter<u64>,
}

impl ValkeySeatPool {
    /// The seats in this Valkey; a user may hold any number.
    #[must_use]
    pub fn new(valkey: Valkey, lifetimes: Lifetimes) -> Self {
        let (active, limit) = (ActiveEvents::new(valkey.clone()), HoldLimit::default());
        Self { valkey, active, lifetimes, limit, refused: holds_refused() }
    }

    /// A user may hold no more than this.
    #[must_use]
    pub fn limited(self, limit: HoldLimit) -> Self {
        Self { limit, ..self }
    }

    pub(super) async fn run(
        &self,
        script: &Script,
        event: EventId,
        arguments: impl FnOnce(&mut Cmd),
    ) -> Result<Value, PoolFailure> {
        let keys = EventKeys::of(event);
        let prefix = keys.pair_prefix();
        let with_prefix = |command: &mut Cmd| {
            command.arg(prefix);
            arguments(command);
        };
        self.valkey.run(script, keys.fixed(), with_prefix).await
    }
}

#[async_trait]
impl SeatPool for ValkeySeatPool {
    async fn reserve(
        &self,
        event: EventId,
        user: UserId,
        count: SeatsWanted,
    ) -> Result<Reserved, PoolFailure> {
        self.active.mark(event);
        let answer = self
            .run(&scripts::RESERVE, event, |command| {
                command.arg(user.to_string()).arg(count.get()).arg(millis(self.lifetimes.hold));
                command.arg(self.limit.seats).arg(millis(self.limit.cooldown));
            })
            .await?;
        let reserved = reserved(answer)?;
        if matches!(reserved, Reserved::TooManyHeld { .. }) {
            self.refused.add(1, &[]);
        }
        Ok(reserved)
    }

    async fn claim(
        &self,
        event: EventId,
        user: UserId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<Claimed, PoolFailure> {
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

    async fn inspect(&self, event: EventId, seats: &[SeatNumber]) -> Result<Option<SeatStates>, PoolFailure> {
        let answer = self.run(&scripts::INSPECT, event, |command| add_seats(command, seats)).await?;
        let (word, rest) = worded(answer)?;
        match word.as_str() {
            "not loaded" => Ok(None),
            "found" => states(rest, seats).map(Some),
            other => Err(unexpected(&other)),
        }
    }

    async fn finish(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, PoolFailure> {
        let answer = self.run(&scripts::FINISH, event, |command| {
            add_attempt(command, attempt);
            add_seats(command, seats);
        });
        read(answer.await?)
    }

    async fn restore_hold(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, PoolFailure> {
        let answer = self.run(&scripts::RESTORE_HOLD, event, |command| {
            add_attempt(command, attempt);
            add_seats(command, seats);
        });
        read(answer.await?)
    }

    async fn release(
        &self,
        event: EventId,
        user: UserId,
        seats: &[SeatNumber],
    ) -> Result<Released, PoolFailure> {
        let answer = self
            .run(&scripts::RELEASE, event, |command| {
                command.arg(user.to_string());
                add_seats(command, seats);
            })
            .await?;
        let (word, rest) = worded(answer)?;
        match word.as_str() {
            "not loaded" => Ok(Released::NotLoaded),
            "released" => Ok(Released::All),
            "refused" => Ok(Released::Refused(states(rest, seats)?)),
            other => Err(unexpected(&other)),
        }
    }

    async fn claim_sold(
        &self,
        event: EventId,
        attempt: AttemptId,
        kind: ClaimKind,
        asked: &[SeatNumber],
    ) -> Result<Vec<SeatNumber>, PoolFailure> {
        self.active.mark(event);
        let kind = match kind {
            ClaimKind::Book => {
                return Err(PoolFailure::Unavailable("a booking claims held seats".to_owned()));
            }
            ClaimKind::Cancel => "cancel",
            ClaimKind::Check => "check",
        };
        let answer = self
            .run(&scripts::CLAIM_SOLD, event, |command| {
                add_attempt(command, attempt);
                command.arg(kind).arg(millis(self.lifetimes.claim));
                add_seats(command, asked);
            })
            .await?;
        seats(read::<Vec<Value>>(answer)?.into_iter())
    }

    async fn settle(
        &self,
        event: EventId,
        attempt: AttemptId,
        settlements: &[Settlement],
    ) -> Result<Vec<SeatNumber>, PoolFailure> {
        let answer = self.run(&scripts::SETTLE, event, |command| {
            add_attempt(command, attempt);
            for settlement in settlements {
                command.arg(settlement.seat.get()).arg(u8::from(settlement.sold));
            }
        });
        seats(read::<Vec<Value>>(answer.await?)?.into_iter())
    }

    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, PoolFailure> {
        let count = async |event: &EventId| {
            let count: i64 = read(self.run(&scripts::OCCUPIED, *event, |_| {}).await?)?;
            // Below 0 there is no inventory.
            Ok::<_, PoolFailure>(u32::try_from(count).ok())
        };
        let mut counts = Vec::with_capacity(events.len());
        for some in events.chunks(COUNTED_AT_ONCE) {
            counts.extend(try_join_all(some.iter().map(count)).await?);
        }
        Ok(counts)
    }

    async fn watermarks(&self, events: &[EventId]) -> Vec<Result<Option<Watermark>, PoolFailure>> {
        // All on their way at once; no script, since nothing else of the inventory matters.
        join_all(events.iter().map(async |event| {
            let mut command = redis::cmd("HMGET");
            command.arg(EventKeys::of(*event).meta()).arg("epoch").arg("freed");
            let (epoch, freed): (Option<String>, Option<i64>) = read(self.valkey.send(&command).await?)?;
            Ok(epoch.zip(freed).map(|(epoch, freed)| Watermark { epoch, freed }))
        }))
        .await
    }

    async fn sale_state(&self, event: EventId) -> Result<Option<SaleState>, PoolFailure> {
        let mut values =
            read::<Vec<Value>>(self.run(&scripts::SALE_STATE, event, |_| {}).await?)?.into_iter();
        match (values.next(), values.next(), values.next()) {
            (Some(epoch), Some(freed), Some(free_now)) => {
                Ok(Some(SaleState { epoch: read(epoch)?, freed: read(freed)?, free_now: read(free_now)? }))
            }
            _ => Ok(None),
        }
    }

    async fn expire_holds(&self, event: EventId, limit: u32) -> Result<Expired, PoolFailure> {
        let answer = self.run(&scripts::EXPIRE_HOLDS, event, |command| {
            command.arg(limit);
        });
        let (ended, holds, claims): (u32, u32, u32) = read(answer.await?)?;
        Ok(Expired { ended, left: holds + claims })
    }

    async fn overdue(&self, event: EventId, limit: u32) -> Result<Vec<OverdueClaim>, PoolFailure> {
        let answer = self.run(&scripts::OVERDUE, event, |command| {
            command.arg(limit);
        });
        let pairs: Vec<(u32, String)> = read(answer.await?)?;
        let overdue = pairs.into_iter().map(|(number, claim)| {
            Ok(OverdueClaim { seat: seat(number)?, claim: super::reply::parse_claim(&claim)? })
        });
        overdue.collect()
    }

    async fn grow(&self, event: EventId, capacity: u32) -> Result<u32, PoolFailure> {
        let answer = self.run(&scripts::GROW, event, |command| {
            command.arg(capacity);
        });
        read(answer.await?)
    }

    async fn drop_event(&self, event: EventId) -> Result<(), PoolFailure> {
        let answer = self.run(&scripts::DROP_EVENT, event, |command| {
            command.arg(millis(DROPPED_FOR));
        });
        answer.await.map(drop)
    }

    async fn acquire_load(&self, event: EventId, nonce: LeaseNonce) -> Result<bool, PoolFailure> {
        load_lease::take(&self.valkey, event, nonce, self.lifetimes.load_lease).await
    }

    async fn extend_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), PoolFailure> {
        load_lease::keep(self, event, nonce, self.lifetimes.load_lease).await
    }

    async fn end_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), PoolFailure> {
        load_lease::keep(self, event, nonce, Duration::ZERO).await
    }

    async fn publish(
        &self,
        event: EventId,
        nonce: LeaseNonce,
        capacity: u32,
        sold: &[SeatNumber],
    ) -> Result<bool, PoolFailure> {
        self.active.mark_anew(event);
        let bitmap = bitmap::of(sold);
        let answer = self
            .run(&scripts::PUBLISH, event, |command| {
                // The nonce is as good a name for the inventory as any: no other load has it.
                command.arg(nonce.0.to_string()).arg(nonce.0.to_string());
                command.arg(capacity).arg(sold.len()).arg(bitmap);
            })
            .await?;
        Ok(read::<u32>(answer)? == 1)
    }

    async fn taken(
        &self,
        event: EventId,
        first: SeatNumber,
        count: u32,
    ) -> Result<Option<Vec<SeatNumber>>, PoolFailure> {
        let start = (first.get() - 1) / 8;
        let mut command = redis::cmd("GETRANGE");
        command.arg(EventKeys::of(event).taken()).arg(start).arg(start + count.div_ceil(8) - 1);
        let bytes: Vec<u8> = read(self.valkey.send(&command).await?)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let wanted = first.get()..first.get() + count;
        Ok(Some(bitmap::seats(&bytes, start * 8 + 1).filter(|seat| wanted.contains(&seat.get())).collect()))
    }

    async fn held(&self, event: EventId) -> Result<Vec<SeatNumber>, PoolFailure> {
        let key = EventKeys::of(event).holds();
        let (mut cursor, mut held) = (0_u64, Vec::new());
        loop {
            let mut command = redis::cmd("ZSCAN");
            command.arg(&key).arg(cursor).arg("COUNT").arg(SCAN_COUNT);
            let (next, found): (u64, Vec<(u32, String)>) = read(self.valkey.send(&command).await?)?;
            for (number, _) in found {
                held.push(seat(number)?);
            }
            if next == 0 {
                return Ok(held);
            }
            cursor = next;
        }
    }

    async fn repair(&self, event: EventId, as_read: &[SeatState]) -> Result<u32, PoolFailure> {
        let answer = self.run(&scripts::REPAIR, event, |command| {
            for state in as_read {
                command.arg(state.seat.get());
                match state.hold {
                    Some(hold) => {
                        let user = hold.user.map(|user| user.to_string()).unwrap_or_default();
                        command.arg(user).arg(hold.expires_unix_ms)
                    }
                    None => command.arg("").arg(""),
                };
            }
        });
        read(answer.await?)
    }

    async fn recount(&self, event: EventId) -> Result<bool, PoolFailure> {
        Ok(read::<u32>(self.run(&scripts::RECOUNT, event, |_| {}).await?)? == 1)
    }

    async fn active_events(&self, limit: u32) -> Result<Vec<EventId>, PoolFailure> {
        self.active.some(limit).await
    }

    async fn forget_if_idle(&self, event: EventId) -> Result<(), PoolFailure> {
        self.active.forget_if_idle(event).await
    }

    async fn incarnation(&self) -> Result<String, PoolFailure> {
        let mut names: Vec<String> = self
            .valkey
            .info("replication")
            .await?
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("master_replid:"))
            .map(str::to_owned)
            .collect();
        names.sort();
        Ok(names.join(" "))
    }
}
