//! What the use cases work with.

use std::{sync::Arc, time::Duration};

use booked_server::Random;

use super::{KeyedQueues, KnownEvents, Loads};
use crate::ports::{
    Bookings, CancelledEvents, Claims, EventChanges, EventFeed, Events, Holds, Inventory, Notifier, Users,
    WaitlistStore,
};

/// Seats that one script claims, settles or repairs, if a step may have any number of them: other scripts wait for it.
pub(super) const SCRIPT_SEATS: usize = 256;

/// The world as use cases see it; clones share it.
#[derive(Clone)]
pub struct Context {
    /// Seats that users hold, in Valkey.
    pub holds: Arc<dyn Holds>,
    /// Seats that attempts claim, in Valkey.
    pub claims: Arc<dyn Claims>,
    /// Which seats are not free, in Valkey.
    pub inventory: Arc<dyn Inventory>,
    /// Who owns what, in Postgres.
    pub bookings: Arc<dyn Bookings>,
    /// What is on sale, in Postgres.
    pub events: Arc<dyn Events>,
    /// Who waits.
    pub waitlist: Arc<dyn WaitlistStore>,
    /// Whom to tell that an event was cancelled.
    pub cancelled: Arc<dyn CancelledEvents>,
    /// Where mail to users goes.
    pub users: Arc<dyn Users>,
    /// Changes of events that wait for their turn.
    pub changes: Arc<dyn EventChanges>,
    /// Where events come from.
    pub feed: Arc<dyn EventFeed>,
    /// How people are notified.
    pub notifier: Arc<dyn Notifier>,
    /// Where attempts get their ids.
    pub random: Arc<dyn Random>,
    /// The inventories that this process is making.
    pub loads: Arc<Loads>,
    /// Who waits in this process to change the same thing.
    pub queues: Arc<KeyedQueues>,
    /// Events that this process knows.
    pub known: Arc<KnownEvents>,
    /// How long a use case waits for others.
    pub contention: Contention,
}

/// How long a use case waits for others before it gives up.
#[derive(Clone, Copy, Debug)]
pub struct Contention {
    /// For an inventory that somebody else is loading, a booking of the same tickets that is under way, cancels of the same user
    /// and event, or others who join the same waitlist.
    pub wait_max: Duration,
    /// The pause between two checks of what is waited for.
    pub poll: Duration,
}
