//! What the ports on seats share: one script on one event, with its keys.

use booked_failure::Failure;
use booked_ids::EventId;
use opentelemetry::metrics::Counter;
use redis::{Cmd, Value};

use super::{
    active_events::ActiveEvents,
    client::Valkey,
    finish_queue::FinishQueue,
    held_events::HeldEvents,
    keys::EventKeys,
    lifetimes::{HoldLimit, Lifetimes},
    metrics::{RefusedReservations, holds_refused},
    scripts::Script,
};

/// The seats of all events, in Valkey.
#[derive(Clone, Debug)]
pub struct ValkeySeats {
    pub(super) valkey: Valkey,
    pub(super) active: ActiveEvents,
    pub(super) held_events: HeldEvents,
    pub(super) finish_queue: FinishQueue,
    pub(super) lifetimes: Lifetimes,
    pub(super) limit: HoldLimit,
    pub(super) refused: Counter<u64>,
    pub(super) refused_reservations: RefusedReservations,
}

impl ValkeySeats {
    /// The seats in this Valkey; a user may hold any number.
    #[must_use]
    pub fn new(valkey: Valkey, lifetimes: Lifetimes) -> Self {
        let (active, limit) = (ActiveEvents::new(valkey.clone()), HoldLimit::default());
        let held_events = HeldEvents::new(valkey.clone());
        let refused_reservations = RefusedReservations::new();
        Self {
            valkey,
            active,
            held_events,
            finish_queue: FinishQueue::default(),
            lifetimes,
            limit,
            refused: holds_refused(),
            refused_reservations,
        }
    }

    /// A user may hold no more than this.
    #[must_use]
    pub fn limited(self, limit: HoldLimit) -> Self {
        Self { limit, ..self }
    }

    pub(super) async fn run(
        &self,
        script: &Script,
        event: EventId,
        arguments: impl FnOnce(&mut Cmd),
    ) -> Result<Value, Failure> {
        let keys = EventKeys::of(event);
        let prefix = keys.pair_prefix();
        let with_prefix = |command: &mut Cmd| {
            command.arg(prefix);
            arguments(command);
        };
        self.valkey.run(script, keys.fixed(), with_prefix).await
    }
}
