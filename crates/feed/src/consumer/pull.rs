//! One step along a feed: fetch a batch, apply it and move the cursor in one transaction.

use std::{sync::Arc, time::Duration};

use booked_failure::Failure;
use booked_postgres::{Abort, Database, TransactionError};
use diesel::result::Error;
use diesel_async::AsyncPgConnection;
use opentelemetry::{KeyValue, metrics::Counter};

use super::{
    apply::Apply,
    client::{FeedClient, Page},
    cursors::{self, Cursor},
    digest::Digest,
};
use crate::{Entry, MalformedEntry, Position, incarnation::Incarnation, wire::LIMIT_MAX};

/// What a step found.
pub(crate) struct Step {
    /// Where the cursor was when the feed was asked.
    pub(crate) from: Position,
    /// The last row that was committed before the feed answered, and the feed's incarnation.
    pub(crate) head: Cursor,
    /// Whether there was something to do, whether or not this step did it.
    pub(crate) moved: bool,
    /// Whether the page had as many entries as it may have, so that most likely there are more.
    pub(crate) is_full: bool,
    /// Where the cursor is after the step, at least.
    pub(crate) to: Position,
}

impl Step {
    /// Whether there was more than the step applied.
    pub(crate) fn is_behind(&self) -> bool {
        self.to < self.head.position
    }
}

/// Pulls one feed into one database.
pub(crate) struct Puller {
    feed: &'static str,
    source: FeedClient,
    database: Database,
    apply: Arc<dyn Apply>,
    applied: Counter<u64>,
    set_aside: Counter<u64>,
}

impl Puller {
    pub(crate) fn new(
        feed: &'static str,
        source: FeedClient,
        database: Database,
        apply: Arc<dyn Apply>,
    ) -> Self {
        let meter = opentelemetry::global::meter("booked-feed");
        let applied = meter
            .u64_counter("booked_feed_applied")
            .with_description("Entries of other services' feeds that were applied")
            .build();
        let set_aside = meter
            .u64_counter("booked_feed_set_aside")
            .with_description("Entries that could not be decoded and were set aside")
            .build();
        applied.add(0, &[KeyValue::new("feed", feed)]);
        set_aside.add(0, &[KeyValue::new("feed", feed)]);
        Self { feed, source, database, apply, applied, set_aside }
    }

    pub(crate) fn feed(&self) -> &'static str {
        self.feed
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Where the cursor stands.
    pub(crate) async fn cursor(&self) -> Result<Cursor, Failure> {
        let feed = self.feed;
        self.database.read(async move |connection| cursors::read(connection, feed).await).await
    }

    /// Fetches what follows the cursor, waiting this long for the first entry, and applies it.
    pub(crate) async fn step(&self, cursor: Cursor, wait: Duration, limit: u32) -> Result<Step, Failure> {
        let page = self.fetch(&cursor, wait, limit).await?;
        self.apply(cursor, page, limit).await
    }

    /// Fetches what follows the cursor, waiting this long for the first entry.
    pub(crate) async fn fetch(&self, cursor: &Cursor, wait: Duration, limit: u32) -> Result<Page, Failure> {
        self.source.fetch(cursor.position, wait, limit).await
    }

    /// Applies a page of at most `limit` entries that was fetched after this cursor.
    pub(crate) async fn apply(&self, cursor: Cursor, page: Page, limit: u32) -> Result<Step, Failure> {
        let from = cursor.position;
        let head =
            Cursor { incarnation: page.incarnation.clone(), position: page.head, digest: Digest::default() };
        if page.incarnation != cursor.incarnation && from != Position::START {
            let to = self.change_incarnation(cursor, page.incarnation).await?;
            return Ok(Step { from, head, moved: true, is_full: true, to });
        }
        let Some(to) = page.entries.last().map(|entry| entry.position) else {
            return Ok(Step { from, head, moved: false, is_full: false, to: from });
        };
        let is_full = usize::try_from(limit).is_ok_and(|limit| page.entries.len() >= limit);
        self.apply_page(cursor, page).await?;
        Ok(Step { from, head, moved: true, is_full, to })
    }

    /// Positions of another incarnation mean something only if the rows that were applied last are still the same, as
    /// after a failover that lost nothing, or if nothing but already applied rows was archived: then the consumer
    /// continues. Otherwise everything is read again, which consumers can handle. Returns where the cursor is then.
    async fn change_incarnation(&self, cursor: Cursor, incarnation: String) -> Result<Position, Failure> {
        let kept = self.digest_to_go_on_with(&cursor, &incarnation).await?;
        let (feed, is_unchanged) = (self.feed, kept.is_some());
        tracing::warn!(feed, ?cursor, incarnation, is_unchanged, "the feed has another incarnation");
        let to = match kept {
            Some(digest) => Cursor { incarnation, position: cursor.position, digest },
            None => Cursor { incarnation, ..Cursor::default() },
        };
        let position = to.position;
        let result = self.database.transaction(async move |connection| {
            expect(connection, feed, &cursor).await?;
            match is_unchanged {
                true => {
                    cursors::keep_set_aside(connection, feed, &cursor.incarnation, &to.incarnation).await?
                }
                false => self.apply.restarted(connection).await?,
            }
            Ok(cursors::advance(connection, feed, &to).await?)
        });
        match result.await {
            Ok(()) | Err(TransactionError::Aborted(Overtaken)) => Ok(position),
            Err(TransactionError::Failed(failure)) => Err(failure),
        }
    }

    /// The digest with which the consumer may continue in this incarnation; none if it must start over.
    ///
    /// A consumer that has read only a part of what was archived may have read facts that a checkpoint further on
    /// counts again, or passed a checkpoint's place before the checkpoint was there. That applies to both
    /// incarnations, since the archiving itself may be what a failover lost. Within one life of the server nothing is
    /// lost, and the rows that the digest covered may merely have been archived.
    async fn digest_to_go_on_with(
        &self,
        cursor: &Cursor,
        incarnation: &str,
    ) -> Result<Option<Digest>, Failure> {
        let (known, now) = (Incarnation::of(&cursor.incarnation), Incarnation::of(incarnation));
        if cursor.position < known.archived_up_to.max(now.archived_up_to) {
            return Ok(None);
        }
        let digest = self.digest_now(cursor.position, incarnation).await?;
        Ok(digest.filter(|digest| *digest == cursor.digest || known.life == now.life))
    }

    /// The digest of this incarnation at a position; none if the feed ends before it.
    async fn digest_now(&self, position: Position, incarnation: &str) -> Result<Option<Digest>, Failure> {
        let (mut digest, mut at) = (Digest::default(), Digest::begins_after(position));
        while at < position {
            let page = self.source.fetch(at, Duration::ZERO, LIMIT_MAX).await?;
            if page.incarnation != incarnation {
                return Err(self.source.failed("the feed has yet another incarnation"));
            }
            let Some(last) = page.entries.last().map(|entry| entry.position) else { return Ok(None) };
            let applied = page.entries.iter().filter(|entry| entry.position <= position);
            digest = digest.with(at, applied);
            at = last;
        }
        Ok(Some(digest))
    }

    /// Applies a page. An entry that cannot be decoded is set aside with its content and the reason, in the
    /// transaction that skips it, and an error is logged: so one bad entry is neither lost nor stops all that follow.
    /// Any other failure stops the feed here until it is resolved, since an entry that could be applied must not be
    /// skipped.
    async fn apply_page(&self, cursor: Cursor, page: Page) -> Result<(), Failure> {
        let Some(last) = page.entries.last().map(|entry| entry.position) else { return Ok(()) };
        let digest = cursor.digest.with(cursor.position, &page.entries);
        let to = Cursor { incarnation: page.incarnation, position: last, digest };
        let (mut good, mut bad) = (page.entries, Vec::new());
        loop {
            let result = {
                let (cursor, to, good, bad) = (&cursor, &to, &good, &bad);
                self.database
                    .transaction(async move |connection| {
                        self.apply_in(connection, cursor, to, good, bad).await
                    })
                    .await
            };
            match result {
                Err(TransactionError::Aborted(Stopped::Malformed(why))) => {
                    let (entry, why) = take_malformed(&mut good, why)
                        .ok_or_else(|| self.source.failed("a malformed entry is none of the page"))?;
                    tracing::error!(feed = self.feed, error = %why, "an entry is set aside");
                    bad.push((entry, why));
                }
                Err(TransactionError::Aborted(Stopped::Overtaken)) => return Ok(()),
                Err(TransactionError::Failed(failure)) => return Err(failure),
                Ok(()) => {
                    self.count(good.len(), bad.len());
                    self.apply.applied(&good).await;
                    return Ok(());
                }
            }
        }
    }

    async fn apply_in(
        &self,
        connection: &mut AsyncPgConnection,
        cursor: &Cursor,
        to: &Cursor,
        good: &[Entry],
        bad: &[(Entry, MalformedEntry)],
    ) -> Result<(), Abort<Stopped>> {
        expect(connection, self.feed, cursor).await.map_err(|abort| match abort {
            Abort::Refuse(Overtaken) => Abort::Refuse(Stopped::Overtaken),
            Abort::Failed(error) => Abort::Failed(error),
        })?;
        for (entry, why) in bad {
            cursors::set_aside(connection, self.feed, &to.incarnation, entry, why).await?;
        }
        self.apply.apply(connection, good).await.map_err(stopped)?;
        Ok(cursors::advance(connection, self.feed, to).await?)
    }

    fn count(&self, applied: usize, set_aside: usize) {
        let feed = [KeyValue::new("feed", self.feed)];
        self.applied.add(u64::try_from(applied).unwrap_or(u64::MAX), &feed);
        self.set_aside.add(u64::try_from(set_aside).unwrap_or(u64::MAX), &feed);
    }
}

/// Another replica or call has moved the cursor since it was read, and has thereby done the work.
struct Overtaken;

/// Why a page was not applied.
enum Stopped {
    Overtaken,
    /// An entry cannot be decoded.
    Malformed(MalformedEntry),
}

fn stopped(error: Error) -> Abort<Stopped> {
    match error {
        Error::DeserializationError(why) => match why.downcast::<MalformedEntry>() {
            Ok(why) => Abort::Refuse(Stopped::Malformed(*why)),
            Err(other) => Abort::Failed(Error::DeserializationError(other)),
        },
        error => Abort::Failed(error),
    }
}

/// Locks the cursor and checks that it is where the batch begins.
async fn expect(
    connection: &mut AsyncPgConnection,
    feed: &str,
    cursor: &Cursor,
) -> Result<(), Abort<Overtaken>> {
    if cursors::lock(connection, feed).await? == *cursor { Ok(()) } else { Err(Abort::Refuse(Overtaken)) }
}

/// Removes the malformed entry from the batch.
fn take_malformed(entries: &mut Vec<Entry>, why: MalformedEntry) -> Option<(Entry, MalformedEntry)> {
    let index = entries.iter().position(|entry| entry.position == why.position)?;
    Some((entries.remove(index), why))
}
