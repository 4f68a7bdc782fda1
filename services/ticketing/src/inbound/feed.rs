//! Applies the event service's feed: what takes place, and how many seats it has.

use async_trait::async_trait;
use booked_contract::feed::EventState;
use booked_failure::Failure;
use booked_feed::{Apply, Consumer, Entry, FeedSignal};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::jobs::changes::ChangesNoted;
use crate::{outbound::postgres::apply_event_states, ports::EventFeed};

/// The name of the event service's feed in this service's cursors.
pub const EVENT_FEED: &str = "event";

/// Keeps events up to date: new ones at once, changes as soon as their turn comes.
pub struct ApplyEvents {
    /// Is notified when changes were noted.
    pub noted: ChangesNoted,
    /// Is notified when the own feed has something new.
    pub signal: FeedSignal,
}

#[async_trait]
impl Apply for ApplyEvents {
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()> {
        let states = entries.iter().filter(|entry| entry.kind == EventState::KIND).map(Entry::decode);
        apply_event_states(connection, states.collect::<QueryResult<_>>()?).await
    }

    async fn applied(&self, _: &[Entry]) {
        self.signal.notify();
        self.noted.notify_one();
    }
}

/// The port [`EventFeed`] on the feed's consumer.
pub struct PulledEvents(pub Consumer);

#[async_trait]
impl EventFeed for PulledEvents {
    async fn pull(&self) -> Result<(), Failure> {
        self.0.pull_now().await.map_err(Failure::harmless)
    }
}
