//! Applies the event service's feed: what takes place, and how many seats it has.

use std::sync::Arc;

use async_trait::async_trait;
use booked_contract::feed::EventState;
use booked_feed::{Apply, Consumer, Entry, FeedSignal};
use booked_ids::EventId;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::{
    outbound::postgres::apply_event_states,
    ports::{EventFeed, FeedAway, PoolFailure, SeatPool},
};

/// The name of the event service's feed in this service's cursors.
pub const EVENT_FEED: &str = "event";

/// Keeps events up to date, in Postgres and, after the commit, in Valkey.
pub struct ApplyEvents {
    /// Where seats are.
    pub pool: Arc<dyn SeatPool>,
    /// Told when the own feed has something new.
    pub signal: FeedSignal,
}

#[async_trait]
impl Apply for ApplyEvents {
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()> {
        apply_event_states(connection, states(entries)?).await
    }

    /// Best effort: the reconciler repeats growth, and the purge repeats what a deletion does to Valkey.
    async fn applied(&self, entries: &[Entry]) {
        self.signal.notify();
        for state in states(entries).unwrap_or_default() {
            let Ok(event) = EventId::from_uuid(state.event_id) else { continue };
            if let Err(failure) = self.change_pool(event, &state).await {
                // The others would fail like it, each after a time-out, while the next page waits.
                tracing::warn!(%event, %failure, "changes of events wait for a job to repeat them");
                return;
            }
        }
    }
}

impl ApplyEvents {
    async fn change_pool(&self, event: EventId, state: &EventState) -> Result<(), PoolFailure> {
        match state {
            EventState { deleted: true, .. } => self.pool.drop_event(event).await,
            // A new event has no map before its first reservation.
            EventState { version: 1, .. } => Ok(()),
            EventState { seat_count, .. } => self.pool.grow(event, *seat_count).await.map(drop),
        }
    }
}

fn states(entries: &[Entry]) -> QueryResult<Vec<EventState>> {
    entries.iter().filter(|entry| entry.kind == EventState::KIND).map(Entry::decode).collect()
}

/// The port [`EventFeed`] on the feed's consumer.
pub struct PulledEvents(pub Consumer);

#[async_trait]
impl EventFeed for PulledEvents {
    async fn pull(&self) -> Result<(), FeedAway> {
        self.0.pull_now().await.map_err(|error| FeedAway(error.to_string()))
    }
}
