//! Which connection a call goes over: each HTTP worker has one of its own, so that a call never waits for another thread to
//! be woken; everything else shares one on the runtime that lives as long as the process.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::OnceCell,
};

use super::link::Link;

/// A connection, opened by the first caller that needs it, and the runtime that it lives on.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) link: Arc<OnceCell<Link>>,
    pub(super) runtime: Handle,
}

/// The connections of one handle on Valkey.
pub(super) struct Links {
    id: u64,
    /// Goes up when a connection fails: the workers' are then opened again, since the others are likely to have broken
    /// with it, and nobody would notice before a call is lost.
    generation: AtomicU64,
    shared: Place,
}

/// The connection of the worker that this thread is.
struct Mine {
    of: u64,
    generation: u64,
    place: Place,
}

thread_local! {
    static MINE: RefCell<Option<Mine>> = const { RefCell::new(None) };
}

impl Links {
    pub(super) fn new(runtime: Handle) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            id: LAST_ID.fetch_add(1, Ordering::Relaxed),
            generation: AtomicU64::new(0),
            shared: Place { link: Arc::default(), runtime },
        }
    }

    /// The one on the runtime that lives as long as the process.
    pub(super) fn shared(&self) -> &Place {
        &self.shared
    }

    /// The one for a call from here.
    pub(super) fn here(&self) -> Place {
        let Ok(runtime) = Handle::try_current() else { return self.shared.clone() };
        // A worker is a runtime of one thread: its tasks never go elsewhere.
        if runtime.runtime_flavor() != RuntimeFlavor::CurrentThread
            || runtime.id() == self.shared.runtime.id()
        {
            return self.shared.clone();
        }
        let generation = self.generation.load(Ordering::Relaxed);
        MINE.with_borrow_mut(|mine| match mine {
            Some(mine)
                if (mine.of, mine.generation, mine.place.runtime.id())
                    == (self.id, generation, runtime.id()) =>
            {
                mine.place.clone()
            }
            _ => {
                let place = Place { link: Arc::default(), runtime };
                *mine = Some(Mine { of: self.id, generation, place: place.clone() });
                place
            }
        })
    }

    /// To be called when a connection failed.
    pub(super) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}
