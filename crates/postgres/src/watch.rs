//! Notices if a statement fails and the work of the transaction ignores it. Postgres then rolls the transaction back,
//! and answers the commit with a word ("ROLLBACK") that diesel does not read: what was undone would count as done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// Whether a statement failed in a transaction. Clones share the answer.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Whether a statement failed and no savepoint undid the failure.
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
