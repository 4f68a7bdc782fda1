//! The port [`InventoryAudit`] on Valkey.

use async_trait::async_trait;
use booked_ids::EventId;

use super::{client::Valkey, keys::EventKeys, reply::read, scripts::AUDIT};
use crate::{
    domain::invariant::InventoryFigures,
    ports::{InventoryAudit, PoolFailure},
};

/// The inventories of all events, to be looked at.
#[derive(Clone, Debug)]
pub struct ValkeyInventoryAudit(Valkey);

impl ValkeyInventoryAudit {
    /// The inventories in this Valkey.
    #[must_use]
    pub fn new(valkey: Valkey) -> Self {
        Self(valkey)
    }
}

#[async_trait]
impl InventoryAudit for ValkeyInventoryAudit {
    async fn figures(&self, event: EventId) -> Result<Option<InventoryFigures>, PoolFailure> {
        let keys = EventKeys::of(event);
        let prefix = keys.pair_prefix();
        let answer = self.0.run(&AUDIT, keys.fixed(), |command| {
            command.arg(prefix);
        });
        let figures: Vec<i64> = read(answer.await?)?;
        let &[capacity, counted, bits, holds, settling, claims] = figures.as_slice() else { return Ok(None) };
        Ok(Some(InventoryFigures { capacity, counted, bits, holds, settling, claims }))
    }
}
