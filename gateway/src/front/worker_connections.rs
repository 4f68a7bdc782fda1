//! The connections of one worker. When nearly all are taken, those that have been idle longest are evicted. Otherwise a few
//! dozen addresses that keep idle connections open would lock everybody out.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use actix_web::rt;
use tokio::time::{Instant, sleep};

/// A connection that has been idle for less is not evicted: its client is most likely about to send the next request.
const IDLE_MIN: Duration = Duration::from_secs(1);
/// How often idle connections are evicted while nearly all are taken.
const EVICTION_INTERVAL: Duration = Duration::from_millis(100);

pub(super) struct WorkerConnections {
    open: Cell<usize>,
    /// With more open connections than this, idle ones are evicted.
    evict_above: usize,
    is_evicting: Cell<bool>,
    idle: RefCell<BTreeMap<IdleSince, Rc<dyn CloseIdle>>>,
    last_sequence: Cell<u64>,
    on_eviction: Box<dyn Fn()>,
}

/// When a connection became idle, with a sequence number: several may become idle at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdleSince(Instant, u64);

pub(super) trait CloseIdle {
    /// Closes the connection, which has been idle since then.
    fn close_idle(&self, since: IdleSince);
}

impl WorkerConnections {
    pub(super) fn new(connections_max: usize, on_eviction: impl Fn() + 'static) -> Self {
        Self {
            open: Cell::new(0),
            // Seven of eight.
            evict_above: connections_max.saturating_sub(connections_max / 8),
            is_evicting: Cell::new(false),
            idle: RefCell::default(),
            last_sequence: Cell::new(0),
            on_eviction: Box::new(on_eviction),
        }
    }

    pub(super) fn opened(self: &Rc<Self>) {
        self.open.set(self.open.get() + 1);
        if self.is_nearly_full() && !self.is_evicting.replace(true) {
            rt::spawn(Rc::clone(self).evict_idle());
        }
    }

    pub(super) fn closed(&self) {
        self.open.set(self.open.get() - 1);
    }

    fn is_nearly_full(&self) -> bool {
        self.open.get() > self.evict_above
    }

    async fn evict_idle(self: Rc<Self>) {
        while self.is_nearly_full() {
            for _ in self.evict_above..self.open.get() {
                let Some((since, longest_idle)) = self.take_longest_idle() else { break };
                longest_idle.close_idle(since);
                (self.on_eviction)();
            }
            sleep(EVICTION_INTERVAL).await;
        }
        self.is_evicting.set(false);
    }

    fn take_longest_idle(&self) -> Option<(IdleSince, Rc<dyn CloseIdle>)> {
        let mut idle = self.idle.borrow_mut();
        let longest = idle.first_entry().filter(|longest| longest.key().0.elapsed() >= IDLE_MIN);
        longest.map(|longest| longest.remove_entry())
    }

    /// The connection is idle from now on.
    pub(super) fn add_idle(&self, connection: Rc<dyn CloseIdle>) -> IdleSince {
        self.last_sequence.set(self.last_sequence.get() + 1);
        let since = IdleSince(Instant::now(), self.last_sequence.get());
        self.idle.borrow_mut().insert(since, connection);
        since
    }

    /// The connection that became idle then is in use again, or closed.
    pub(super) fn remove_idle(&self, since: IdleSince) {
        self.idle.borrow_mut().remove(&since);
    }
}
