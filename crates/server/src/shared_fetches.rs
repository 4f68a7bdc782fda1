//! One fetch for all who ask for the same thing at the same moment.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Future},
};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::Lifecycle;

/// Shares fetches by key. A caller only ever joins a fetch that starts after it asked: while one runs, all who come
/// gather into one next fetch. So whatever a caller is given was looked up after it asked, and a crowd costs two fetches
/// at a time whatever its size.
///
/// A fetch runs on the process' own runtime, so that nobody is stranded by a caller that goes away.
pub struct SharedFetches<K, V> {
    keys: Arc<Mutex<Keys<K, V>>>,
    keys_max: usize,
    lifecycle: Lifecycle,
}

/// The keys that are being fetched, each with the fetch that comes after the running one.
type Keys<K, V> = HashMap<K, Option<Gathering<V>>>;

/// A fetch that has not started.
struct Gathering<V> {
    fetch: BoxFuture<'static, V>,
    answer: watch::Sender<Option<V>>,
}

/// Nothing was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// As many different things as are allowed are being fetched already.
    #[error("too many different fetches at a time")]
    Busy,
    /// The fetch panicked, or the process ended before it did.
    #[error("the fetch was interrupted")]
    Interrupted,
}

impl<K, V> SharedFetches<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// At most this many different keys are fetched at a time.
    #[must_use]
    pub fn new(keys_max: usize, lifecycle: &Lifecycle) -> Self {
        Self { keys: Arc::default(), keys_max, lifecycle: lifecycle.clone() }
    }

    /// What `fetch` answers, or an equal caller's `fetch` that starts after this call.
    ///
    /// # Errors
    ///
    /// See [`NotFetched`].
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, NotFetched>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut answer = self.join(key, fetch)?;
        let value = answer.wait_for(Option::is_some).await.map_err(|_| NotFetched::Interrupted)?;
        value.clone().ok_or(NotFetched::Interrupted)
    }

    fn join<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<watch::Receiver<Option<V>>, NotFetched>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut keys = lock(&self.keys);
        let is_full = keys.len() >= self.keys_max;
        match keys.entry(key) {
            Entry::Occupied(mut running) => {
                let next = running.get_mut().get_or_insert_with(|| Gathering::of(fetch()));
                Ok(next.answer.subscribe())
            }
            Entry::Vacant(_) if is_full => Err(NotFetched::Busy),
            Entry::Vacant(free) => {
                let first = Gathering::of(fetch());
                let answer = first.answer.subscribe();
                let key = free.key().clone();
                free.insert(None);
                self.lifecycle.spawn_job(run(Arc::clone(&self.keys), key, first));
                Ok(answer)
            }
        }
    }
}

/// Runs the fetches of a key one after the other until nobody waits for another.
async fn run<K: Eq + Hash, V>(keys: Arc<Mutex<Keys<K, V>>>, key: K, first: Gathering<V>) {
    let mut next = Some(first);
    while let Some(Gathering { fetch, answer }) = next {
        // Where all who waited have gone, nobody is told. Where it panics, the dropped sender tells them.
        if !answer.is_closed()
            && let Ok(value) = AssertUnwindSafe(fetch).catch_unwind().await
        {
            answer.send_replace(Some(value));
        }
        let mut keys = lock(&keys);
        next = keys.get_mut(&key).and_then(Option::take);
        if next.is_none() {
            keys.remove(&key);
        }
    }
}

impl<V> Gathering<V> {
    fn of(fetch: impl Future<Output = V> + Send + 'static) -> Self {
        Self { fetch: fetch.in_current_span().boxed(), answer: watch::Sender::new(None) }
    }
}

/// Nothing under this lock panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> fmt::Debug for SharedFetches<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFetches").field("keys_max", &self.keys_max).finish_non_exhaustive()
    }
}
