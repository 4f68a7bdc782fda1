//! The connections of one worker: when nearly all places are taken, those that have been idle longest make room. Else some
//! dozens of addresses that keep connections for nothing would shut everybody out.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use actix_web::rt;
use tokio::time::{Instant, sleep};

use super::turns::Turns;

/// A connection that was idle for less is left alone: its client is most likely about to go on.
const IDLE_MIN: Duration = Duration::from_secs(1);
/// How often room is made while it is crowded.
const ROUND: Duration = Duration::from_millis(100);

pub(super) struct Crowd {
    open: Cell<usize>,
    /// With so many it is crowded.
    many: usize,
    is_making_room: Cell<bool>,
    idle: RefCell<BTreeMap<IdleSince, Rc<Turns>>>,
    last: Cell<u64>,
    note_closed: Box<dyn Fn()>,
}

/// Since when a connection is idle. The number tells those of one moment apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdleSince(Instant, u64);

impl Crowd {
    /// Of a worker that may have so many connections; each that is closed is noted.
    pub(super) fn new(connections_max: usize, note_closed: impl Fn() + 'static) -> Self {
        Self {
            open: Cell::new(0),
            // Seven of eight.
            many: connections_max.saturating_sub(connections_max / 8),
            is_making_room: Cell::new(false),
            idle: RefCell::default(),
            last: Cell::new(0),
            note_closed: Box::new(note_closed),
        }
    }

    /// One more is open.
    pub(super) fn enter(self: &Rc<Self>) {
        self.open.set(self.open.get() + 1);
        if self.is_crowded() && !self.is_making_room.replace(true) {
            rt::spawn(Rc::clone(self).make_room());
        }
    }

    fn is_crowded(&self) -> bool {
        self.open.get() > self.many
    }

    /// Closes those that have been idle longest, until it is crowded no more.
    async fn make_room(self: Rc<Self>) {
        while self.is_crowded() {
            for _ in self.many..self.open.get() {
                let Some((since, oldest)) = self.take_oldest() else { break };
                oldest.close_idle(since);
                (self.note_closed)();
            }
            sleep(ROUND).await;
        }
        self.is_making_room.set(false);
    }

    fn take_oldest(&self) -> Option<(IdleSince, Rc<Turns>)> {
        let mut idle = self.idle.borrow_mut();
        let oldest = idle.first_entry().filter(|oldest| oldest.key().0.elapsed() >= IDLE_MIN);
        oldest.map(|oldest| oldest.remove_entry())
    }

    pub(super) fn leave(&self) {
        self.open.set(self.open.get() - 1);
    }

    /// This one is idle from now on.
    pub(super) fn add_idle(&self, turns: &Rc<Turns>) -> IdleSince {
        self.last.set(self.last.get() + 1);
        let since = IdleSince(Instant::now(), self.last.get());
        self.idle.borrow_mut().insert(since, Rc::clone(turns));
        since
    }

    /// The one that was idle since then is so no more.
    pub(super) fn remove_idle(&self, since: IdleSince) {
        self.idle.borrow_mut().remove(&since);
    }
}
