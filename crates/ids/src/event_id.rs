//! An event's id: a UUIDv8 (RFC 9562) whose last 32 bits are zero.

use std::fmt;

use uuid::{Builder, Uuid, Variant};

/// The UUID is not an event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event")]
pub struct NoEventId;

/// An event's id: 48 bits of Unix milliseconds, then randomness, then 32 zero bits for the seat numbers of its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Uuid);

impl EventId {
    /// A new id from the time in Unix milliseconds (its lowest 48 bits) and random bytes (all but the first 6 and the
    /// last 4 are used).
    #[must_use]
    pub fn new(unix_ms: u64, random: [u8; 16]) -> Self {
        let mut bytes = random;
        bytes[..6].copy_from_slice(&unix_ms.to_be_bytes()[2..]);
        bytes[12..].fill(0);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The event of this UUID.
    ///
    /// # Errors
    ///
    /// [`NoEventId`] if the UUID does not have the form that [`EventId::new`] gives: no such event was ever created.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, NoEventId> {
        let is_ours =
            uuid.get_version_num() == 8 && uuid.get_variant() == Variant::RFC4122 && low_32_bits(uuid) == 0;
        if is_ours { Ok(Self(uuid)) } else { Err(NoEventId) }
    }

    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

pub(crate) fn low_32_bits(uuid: Uuid) -> u32 {
    let [.., a, b, c, d] = uuid.into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
