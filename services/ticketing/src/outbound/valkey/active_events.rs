//! Which events are worth a visit of the janitor: those that had a hold or a claim lately.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::{EventId, parse_uuid};
use moka::sync::Cache;
use redis::Value;

use super::{
    client::Valkey,
    reply,
    scripts::{FORGET_IDLE, MARK_ACTIVE},
};

const KEY: &str = "booked:active";
/// An event is marked at most this often by a process, so that marking costs a sale nothing.
const MARK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// An event that was not marked for so long, and has no hold and no claim, is taken off. A process that stops for longer
/// between its mark and its hold, or for ever before its mark, leaves an event that only the reconciler visits, which does
/// the janitor's work too.
const IDLE_AFTER: Duration = Duration::from_secs(600);
const MARKS_MAX: u64 = 100_000;

/// The active events, shared by all replicas; what this process marked of them lately, and what it could not mark.
#[derive(Clone, Debug)]
pub(super) struct ActiveEvents {
    valkey: Valkey,
    marked: Cache<EventId, ()>,
    unmarked: Cache<EventId, ()>,
}

impl ActiveEvents {
    pub(super) fn new(valkey: Valkey) -> Self {
        let cache = |lifetime| Cache::builder().max_capacity(MARKS_MAX).time_to_live(lifetime).build();
        Self { valkey, marked: cache(MARK_AGAIN_AFTER), unmarked: cache(IDLE_AFTER) }
    }

    /// Marks an event that is about to get a hold or a claim. Nobody waits for it: in a cluster the list is on one node,
    /// and what is sold on the others must not depend on that one.
    pub(super) fn mark(&self, event: EventId) {
        if !self.marked.contains_key(&event) {
            self.mark_anew(event);
        }
    }

    /// Marks an event whatever was marked before: if its inventory was lost, so were the marks, and no process knows.
    pub(super) fn mark_anew(&self, event: EventId) {
        self.marked.insert(event, ());
        let this = self.clone();
        self.valkey.runtime().spawn(async move {
            let key = std::iter::once(KEY.to_owned());
            let marking = this.valkey.run(&MARK_ACTIVE, key, |command| {
                command.arg(event.to_string());
            });
            match marking.await {
                Ok(_) => this.unmarked.invalidate(&event),
                Err(failure) => {
                    tracing::debug!(%event, %failure, "an event could not be marked as active");
                    this.marked.invalidate(&event);
                    this.unmarked.insert(event, ());
                }
            }
        });
    }

    /// At most this many of them, chosen again at each call, and those that this process could not mark.
    pub(super) async fn some(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        let unmarked: Vec<EventId> = self.unmarked.iter().map(|(event, ())| *event).collect();
        unmarked.iter().for_each(|event| self.mark_anew(*event));
        let listed = self.listed(limit).await;
        if unmarked.is_empty() {
            return listed;
        }
        let also = listed.unwrap_or_default().into_iter().filter(|event| !unmarked.contains(event));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(unmarked.iter().copied().chain(also).take(limit).collect())
    }

    async fn listed(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        let mut command = redis::cmd("ZRANDMEMBER");
        command.arg(KEY).arg(limit);
        let members: Vec<String> = reply::read(self.valkey.send(&command).await?)?;
        let ids = members.iter().filter_map(|text| parse_uuid(text).ok());
        Ok(ids.filter_map(|uuid| EventId::from_uuid(uuid).ok()).collect())
    }

    pub(super) async fn forget_if_idle(&self, event: EventId) -> Result<(), Failure> {
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
