//! What a consumer does with a feed's entries.

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::Entry;

/// What a consumer does with entries.
#[async_trait]
pub trait Apply: Send + Sync {
    /// Applies entries in order, within the transaction that moves the cursor: all other writes must use this
    /// connection too, or they are not part of the transaction. It skips kinds that it does not know, and returns the
    /// error that [`Entry::decode`](crate::Entry::decode) gives for malformed entries. Entries may come again from
    /// the start of the feed (in a new incarnation), and not quite in the order of commits: older state must not
    /// overwrite newer.
    ///
    /// # Errors
    ///
    /// Then nothing is applied, and the cursor stays.
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()>;

    /// Called within the transaction that sets the cursor back to the start of the feed, because the feed has another
    /// incarnation: everything comes again; of what was archived, the newest states and the checkpoints come. A
    /// consumer that keeps the newest state has nothing to do; one that counts clears its counts here.
    ///
    /// # Errors
    ///
    /// Then nothing is changed, and it is retried.
    async fn restarted(&self, _connection: &mut AsyncPgConnection) -> QueryResult<()> {
        Ok(())
    }

    /// Called after the commit, on a best-effort basis: a crash between the two skips it.
    async fn applied(&self, _entries: &[Entry]) {}
}
