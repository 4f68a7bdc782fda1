//! What a consumer remembers of the newest rows that it has applied: enough to tell whether a feed that has another
//! incarnation has them still.
//!
//! It covers the rows whose ids share a block with the cursor's, and those of the block before. A server that took over
//! lacks what was committed last. That is at the end of the feed, but for rows whose transaction was under way while rows
//! after them were written and committed; a block has room for all that are written in the seconds that a transaction may
//! take.

use crate::{Entry, Position};

/// So many ids are a block.
const BLOCK: i64 = 1 << 14;

/// Sums of the rows of two blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Of the cursor's own.
    pub(crate) last: i64,
    /// Of the one before it.
    pub(crate) before: i64,
}

impl Digest {
    /// With the rows that follow a position.
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

    /// After which row those begin that the digest of a cursor covers.
    pub(crate) fn begins_after(cursor: Position) -> Position {
        Position(((block(cursor) - 1) * BLOCK - 1).max(0))
    }
}

fn block(position: Position) -> i64 {
    position.0 / BLOCK
}

/// FNV-1a, of what is never the same for two rows that had one id in turn.
fn sum(entry: &Entry) -> i64 {
    let row = entry.position.0.to_be_bytes();
    let time = entry.time.timestamp_micros().to_be_bytes();
    let bytes = row.iter().chain(&time).chain(entry.subject.as_bytes()).chain(entry.kind.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.cast_signed()
}
