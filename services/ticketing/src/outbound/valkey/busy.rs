//! Which events are worth a visit of the janitor: those that had a hold or a claim lately.

use std::time::Duration;

use booked_ids::{EventId, parse_uuid};
use moka::sync::Cache;
use redis::Value;

use super::{
    client::Valkey,
    reply,
    scripts::{FORGET_IDLE, MARK_BUSY},
};
use crate::ports::PoolFailure;

const KEY: &str = "booked:busy";
/// An event is marked at most this often by a process, so that marking costs a sale nothing.
const MARK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// An event that was not marked for so long, and has no hold and no claim, is taken off. A process that stops for longer
/// between its mark and its hold leaves an event that only the reconciler visits, which does the janitor's work too.
const IDLE_AFTER: Duration = Duration::from_secs(600);
const MARKS_MAX: u64 = 100_000;

/// The busy events, shared by all replicas; and what this process marked of them lately.
#[derive(Clone, Debug)]
pub(super) struct Busy {
    valkey: Valkey,
    marked: Cache<EventId, ()>,
}

impl Busy {
    pub(super) fn new(valkey: Valkey) -> Self {
        let marked = Cache::builder().max_capacity(MARKS_MAX).time_to_live(MARK_AGAIN_AFTER).build();
        Self { valkey, marked }
    }

    /// Marks an event, before the hold or the claim that makes it busy.
    pub(super) async fn mark(&self, event: EventId) -> Result<(), PoolFailure> {
        if self.marked.contains_key(&event) { Ok(()) } else { self.mark_anew(event).await }
    }

    /// Marks an event whatever was marked before: where its map was lost, so were the marks, and no process knows.
    pub(super) async fn mark_anew(&self, event: EventId) -> Result<(), PoolFailure> {
        let key = std::iter::once(KEY.to_owned());
        let marked = self.valkey.run(&MARK_BUSY, key, |command| {
            command.arg(event.to_string());
        });
        // Nothing was promised yet: a mark too many does no harm.
        marked.await.map_err(|failure| PoolFailure::Unavailable(failure.to_string()))?;
        self.marked.insert(event, ());
        Ok(())
    }

    /// At most this many of them, chosen anew at each call.
    pub(super) async fn some(&self, limit: u32) -> Result<Vec<EventId>, PoolFailure> {
        let mut command = redis::cmd("ZRANDMEMBER");
        command.arg(KEY).arg(limit);
        let members: Vec<String> = reply::read(self.valkey.send(&command).await?)?;
        let ids = members.iter().filter_map(|text| parse_uuid(text).ok());
        Ok(ids.filter_map(|uuid| EventId::from_uuid(uuid).ok()).collect())
    }

    pub(super) async fn forget_if_idle(&self, event: EventId) -> Result<(), PoolFailure> {
        let key = std::iter::once(KEY.to_owned());
        let forgotten: Value = self
            .valkey
            .run(&FORGET_IDLE, key, |command| {
                command.arg(event.to_string()).arg(u64::try_from(IDLE_AFTER.as_millis()).unwrap_or(u64::MAX));
            })
            .await?;
        reply::read::<u32>(forgotten).map(drop)
    }
}
