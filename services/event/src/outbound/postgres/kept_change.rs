//! A change as it is kept with the key of its request.

use booked_ids::EventId;
use serde::{Deserialize, Serialize};

use crate::ports::{FeedPosition, Stored};

/// What was stored for a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeptChange {
    #[serde(with = "event_id")]
    event: EventId,
    position: Option<String>,
    is_promised: bool,
}

impl From<Stored> for KeptChange {
    fn from(stored: Stored) -> Self {
        let position = stored.position.map(|FeedPosition(position)| position);
        Self { event: stored.event, position, is_promised: stored.is_promised }
    }
}

impl From<KeptChange> for Stored {
    fn from(kept: KeptChange) -> Self {
        Self { event: kept.event, position: kept.position.map(FeedPosition), is_promised: kept.is_promised }
    }
}

/// An event's id as a UUID.
mod event_id {
    use booked_ids::EventId;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use uuid::Uuid;

    pub(super) fn serialize<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
        id.as_uuid().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
        EventId::from_uuid(Uuid::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
