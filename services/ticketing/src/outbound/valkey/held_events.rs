//! Of which events a user held seats lately, so that holds are found again by who does not know of which event they are.
//! A hint and nothing else: what is held, the event's own keys say, and losing this costs only that it is not found.

use std::{sync::Arc, time::Duration};

use booked_failure::Failure;
use booked_ids::{EventId, UserId, parse_uuid};
use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::{arguments::millis, client::Valkey, reply};

/// An event is noted at most this often for a user by a process, and for so long beyond the end of the hold.
const NOTE_AGAIN_AFTER: Duration = Duration::from_secs(60);
const NOTED_MAX: u64 = 100_000;
/// Notes that are on their way at once. If there are more, Valkey is slow, and a note is not worth waiting for.
const UNDER_WAY_MAX: usize = 256;
/// Events that are kept of one user: those whose holds end last.
const EVENTS_MAX: i32 = 100;

/// The events of all users, shared by all replicas, and what this process noted of them lately.
#[derive(Clone, Debug)]
pub(super) struct HeldEvents {
    valkey: Valkey,
    noted: Cache<(UserId, EventId), ()>,
    under_way: Arc<Semaphore>,
}

impl HeldEvents {
    pub(super) fn new(valkey: Valkey) -> Self {
        let noted = Cache::builder().max_capacity(NOTED_MAX).time_to_live(NOTE_AGAIN_AFTER).build();
        Self { valkey, noted, under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)) }
    }

    /// Notes that the user holds seats of an event until then. Nobody waits for it: in a cluster it is on another node than
    /// the event, and what is sold must not depend on that one. It is on the way of every sale, so these are plain commands,
    /// which cost Valkey a fifth of what a script would.
    pub(super) fn note(&self, user: UserId, event: EventId, expires_unix_ms: i64) {
        if self.noted.contains_key(&(user, event)) {
            return;
        }
        let Ok(permit) = Arc::clone(&self.under_way).try_acquire_owned() else { return };
        self.noted.insert((user, event), ());
        let this = self.clone();
        self.valkey.runtime().spawn(async move {
            let _permit = permit;
            let (key, until) = (key(user), expires_unix_ms.saturating_add_unsigned(millis(NOTE_AGAIN_AFTER)));
            let mut commands = redis::pipe();
            commands.cmd("ZADD").arg(&key).arg("GT").arg(until).arg(event.to_string());
            commands.cmd("ZREMRANGEBYRANK").arg(&key).arg(0).arg(-1 - EVENTS_MAX);
            commands.cmd("PEXPIREAT").arg(&key).arg(until);
            if let Err(failure) = this.valkey.send_together(&commands).await {
                tracing::debug!(%event, %failure, "the event of a hold could not be noted");
                this.noted.invalidate(&(user, event));
            }
        });
    }

    /// At most [`EVENTS_MAX`] events.
    pub(super) async fn of(&self, user: UserId) -> Result<Vec<EventId>, Failure> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(key(user)).arg(0).arg(-1);
        let members: Vec<String> = reply::read(self.valkey.send(&command).await?)?;
        let ids = members.iter().filter_map(|text| parse_uuid(text).ok());
        Ok(ids.filter_map(|uuid| EventId::from_uuid(uuid).ok()).collect())
    }
}

fn key(user: UserId) -> String {
    format!("booked:holds:{{{user}}}")
}
