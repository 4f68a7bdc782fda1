//! Sees a statement fail that the work of a transaction passes over. Postgres then rolls all of it back, and answers the
//! commit with words ("ROLLBACK") that diesel does not read: what was undone would count as done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// Whether a statement failed in a transaction. Clones are the same watch.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Whether one failed that no savepoint took back.
    pub(crate) fn saw_failure(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::FinishQuery { error: Some(_), .. } => self.0.store(true, Ordering::Relaxed),
            InstrumentationEvent::RollbackTransaction { depth, .. } if depth.get() > 1 => {
                self.0.store(false, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}
