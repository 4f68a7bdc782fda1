//! What a consumer remembers of the newest rows that it has applied: enough to tell whether a feed with another
//! incarnation still has them.
//!
//! It covers the rows whose ids are in the same block as the cursor's, and those of the block before. A server that
//! took over lacks what was committed last. That is at the end of the feed, except for rows whose transaction was
//! still open while rows after them were written and committed; a block has room for everything that is written in
//! the seconds that a transaction may take.

use crate::{Entry, Position};

/// This many ids make a block.
const BLOCK: i64 = 1 << 14;

/// Checksums of the rows of two blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Of the block that the cursor is in.
    pub(crate) last: i64,
    /// Of the block before it.
    pub(crate) before: i64,
}

impl Digest {
    /// Adds the rows that follow a position.
    pub(crate) fn with<'a>(self, after: Position, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let add = |(digest, at): (Self, Position), entry: &Entry| {
            let moved = match block(entry.position) - block(at) {
                0 => digest,
                1 => Self { last: 0, before: digest.last },
                _ => Self::default(),
            };
            (Self { last: moved.last.wrapping_add(sum(entry)), ..moved }, entry.position)
        };
        entries.into_iter().fold((self, after), add).0
    }

    /// The rows that the digest of a cursor covers begin after this row.
    pub(crate) fn begins_after(cursor: Position) -> Position {
        Position(((block(cursor) - 1) * BLOCK - 1).max(0))
    }
}

fn block(position: Position) -> i64 {
    position.0 / BLOCK
}

/// FNV-1a, over fields that always differ between two rows that had the same id one after the other.
fn sum(entry: &Entry) -> i64 {
    let row = entry.position.0.to_be_bytes();
    let time = entry.time.timestamp_micros().to_be_bytes();
    let bytes = row.iter().chain(&time).chain(entry.subject.as_bytes()).chain(entry.kind.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.cast_signed()
}
