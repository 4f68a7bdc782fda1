//! What a consumer does with a feed's entries.

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::Entry;

/// What a consumer does with entries.
#[async_trait]
pub trait Apply: Send + Sync {
    /// Applies entries in order, within the transaction that moves the cursor: other writes belong on this connection
    /// too, or are not part of it. It passes over kinds that it does not know, and hands on what
    /// [`Entry::decode`](crate::Entry::decode) says of malformed ones. Entries may come again from the start of the feed
    /// (a new incarnation), and not quite in the order of commits: older state must not overwrite newer.
    ///
    /// # Errors
    ///
    /// Nothing is applied then, and the cursor stays.
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()>;

    /// Called within the transaction that sets the cursor back to the start of the feed, because the feed has another
    /// incarnation: everything comes again, and of what was archived the newest states and checkpoints. A consumer that
    /// keeps the newest state has nothing to do; one that counts empties its counts here.
    ///
    /// # Errors
    ///
    /// Nothing is changed then, and it is tried again.
    async fn restarted(&self, _connection: &mut AsyncPgConnection) -> QueryResult<()> {
        Ok(())
    }

    /// Called after the commit, at best: a crash between the two leaves it out.
    async fn applied(&self, _entries: &[Entry]) {}
}
