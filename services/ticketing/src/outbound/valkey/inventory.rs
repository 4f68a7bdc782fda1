//! The port [`Inventory`] on Valkey: each operation is one script or command, with its arguments and its answer.

use std::time::Duration;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber};
use futures_util::future::{join_all, try_join_all};
use redis::Value;

use super::{
    arguments::{add_terms, millis},
    bitmap,
    keys::EventKeys,
    load_lease,
    reply::{read, seat},
    scripts,
    seats::ValkeySeats,
};
use crate::{
    domain::{
        invariant::InventoryFigures,
        seat::SeatState,
        waitlist::{SaleState, Watermark},
    },
    ports::{EventRecord, Inventory, LeaseNonce},
};

/// How long a deleted event's lease is kept: longer than any load can be late.
const DROPPED_FOR: Duration = Duration::from_secs(24 * 3600);
/// Events whose seats are counted at once: a page may have thousands, and others wait for Valkey too.
const COUNTED_AT_ONCE: usize = 64;
/// Holds that are read at once.
const SCAN_COUNT: u32 = 1000;

#[async_trait]
impl Inventory for ValkeySeats {
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let count = async |event: &EventId| {
            let count: i64 = read(self.run(&scripts::OCCUPIED, *event, |_| {}).await?)?;
            // Below 0 there is no inventory.
            Ok::<_, Failure>(u32::try_from(count).ok())
        };
        let mut counts = Vec::with_capacity(events.len());
        for some in events.chunks(COUNTED_AT_ONCE) {
            counts.extend(try_join_all(some.iter().map(count)).await?);
        }
        Ok(counts)
    }

    async fn sale_state(&self, event: EventId) -> Result<Option<SaleState>, Failure> {
        let mut values =
            read::<Vec<Value>>(self.run(&scripts::SALE_STATE, event, |_| {}).await?)?.into_iter();
        match (values.next(), values.next(), values.next()) {
            (Some(epoch), Some(freed), Some(free_now)) => {
                Ok(Some(SaleState { epoch: read(epoch)?, freed: read(freed)?, free_now: read(free_now)? }))
            }
            _ => Ok(None),
        }
    }

    async fn watermarks(&self, events: &[EventId]) -> Vec<Result<Option<Watermark>, Failure>> {
        // All on their way at once; no script, since nothing else of the inventory matters.
        join_all(events.iter().map(async |event| {
            let mut command = redis::cmd("HMGET");
            command.arg(EventKeys::of(*event).meta()).arg("epoch").arg("freed");
            let (epoch, freed): (Option<String>, Option<i64>) = read(self.valkey.send(&command).await?)?;
            Ok(epoch.zip(freed).map(|(epoch, freed)| Watermark { epoch, freed }))
        }))
        .await
    }

    async fn acquire_load(&self, event: EventId, nonce: LeaseNonce) -> Result<bool, Failure> {
        load_lease::take(&self.valkey, event, nonce, self.lifetimes.load_lease).await
    }

    async fn extend_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), Failure> {
        load_lease::keep(self, event, nonce, self.lifetimes.load_lease).await
    }

    async fn end_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), Failure> {
        load_lease::keep(self, event, nonce, Duration::ZERO).await
    }

    async fn publish(
        &self,
        event: EventRecord,
        nonce: LeaseNonce,
        sold: &[SeatNumber],
    ) -> Result<bool, Failure> {
        self.active.mark_anew(event.id);
        let bitmap = bitmap::of(sold);
        let answer = self
            .run(&scripts::PUBLISH, event.id, |command| {
                // The nonce is as good a name for the inventory as any: no other load has it.
                command.arg(nonce.0.to_string()).arg(nonce.0.to_string());
                command.arg(event.capacity).arg(sold.len()).arg(bitmap);
                add_terms(command, &event.terms, self.limit.max_per_buyer);
            })
            .await?;
        Ok(read::<u32>(answer)? == 1)
    }

    async fn follow(&self, event: EventRecord) -> Result<u32, Failure> {
        let answer = self.run(&scripts::FOLLOW, event.id, |command| {
            command.arg(event.capacity);
            add_terms(command, &event.terms, self.limit.max_per_buyer);
        });
        read(answer.await?)
    }

    async fn drop_event(&self, event: EventId) -> Result<(), Failure> {
        let answer = self.run(&scripts::DROP_EVENT, event, |command| {
            command.arg(millis(DROPPED_FOR));
        });
        answer.await.map(drop)
    }

    async fn taken(
        &self,
        event: EventId,
        first: SeatNumber,
        count: u32,
    ) -> Result<Option<Vec<SeatNumber>>, Failure> {
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

    async fn held(&self, event: EventId) -> Result<Vec<SeatNumber>, Failure> {
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

    async fn repair(&self, event: EventId, as_read: &[SeatState]) -> Result<u32, Failure> {
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

    async fn recount(&self, event: EventId) -> Result<bool, Failure> {
        Ok(read::<u32>(self.run(&scripts::RECOUNT, event, |_| {}).await?)? == 1)
    }

    async fn active_events(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        self.active.some(limit).await
    }

    async fn forget_if_idle(&self, event: EventId) -> Result<(), Failure> {
        self.active.forget_if_idle(event).await
    }

    async fn incarnation(&self) -> Result<String, Failure> {
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

    async fn figures(&self, event: EventId) -> Result<Option<InventoryFigures>, Failure> {
        let figures: Vec<i64> = read(self.run(&scripts::AUDIT, event, |_| {}).await?)?;
        let &[capacity, counted, bits, holds, settling, claims] = figures.as_slice() else { return Ok(None) };
        Ok(Some(InventoryFigures { capacity, counted, bits, holds, settling, claims }))
    }
}
