//! One fetch for all who ask for the same thing at the same moment.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{self, BoxFuture, Either, Future, LocalBoxFuture},
    stream::FuturesUnordered,
};
use tokio::{sync::watch, time::timeout};
use tracing::Instrument as _;

use crate::Lifecycle;

/// Shares fetches by key, for the whole process. A caller only ever joins a fetch that starts after it asked: while one
/// runs, all who come gather into one next fetch. So whatever a caller is given was looked up after it asked, and a crowd
/// costs two fetches at a time whatever its size.
///
/// A fetch runs on the process' own runtime, so that nobody is stranded by a caller that goes away.
pub struct SharedFetches<K, V> {
    fetches: Fetches<K, V, BoxFuture<'static, V>>,
    lifecycle: Lifecycle,
}

/// The same for one HTTP worker, where a fetch may use what cannot leave the worker's thread.
pub struct LocalSharedFetches<K, V>(Fetches<K, V, LocalBoxFuture<'static, V>>);

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
        Self { fetches: Fetches::new(keys_max, Duration::MAX), lifecycle: lifecycle.clone() }
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
        let (answer, first) = self.fetches.join(&key, || fetch().in_current_span().boxed())?;
        if let Some(first) = first {
            self.lifecycle.spawn_job(self.fetches.run(key, first));
        }
        wait_for(answer).await
    }
}

impl<K, V> LocalSharedFetches<K, V>
where
    K: Eq + Hash + Clone + 'static,
    V: Clone + 'static,
{
    /// At most this many different keys are fetched at a time. A fetch that takes longer than `patience` no longer keeps
    /// those back who ask for the same: whatever it hangs on, perhaps they do not. So many run beside each other at most as
    /// pauses of this length fit into the time that one may take.
    #[must_use]
    pub fn new(keys_max: usize, patience: Duration) -> Self {
        Self(Fetches::new(keys_max, patience))
    }

    /// As [`SharedFetches::get`].
    ///
    /// # Errors
    ///
    /// See [`NotFetched`].
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, NotFetched>
    where
        F: Future<Output = V> + 'static,
    {
        let (answer, first) = self.0.join(&key, || fetch().in_current_span().boxed_local())?;
        if let Some(first) = first {
            actix_web::rt::spawn(self.0.run(key, first));
        }
        wait_for(answer).await
    }
}

async fn wait_for<V: Clone>(mut answer: watch::Receiver<Option<V>>) -> Result<V, NotFetched> {
    let value = answer.wait_for(Option::is_some).await.map_err(|_| NotFetched::Interrupted)?;
    value.clone().ok_or(NotFetched::Interrupted)
}

/// The keys that are being fetched, each with the fetch that comes after the running one.
struct Fetches<K, V, F> {
    keys: Arc<Mutex<Keys<K, V, F>>>,
    keys_max: usize,
    patience: Duration,
}

type Keys<K, V, F> = HashMap<K, Option<Gathering<V, F>>>;

/// The answer to come, and the first fetch, where nobody runs those of its key: the caller has to.
type Joined<V, F> = (watch::Receiver<Option<V>>, Option<Gathering<V, F>>);

/// A fetch that has not started.
struct Gathering<V, F> {
    fetch: F,
    answer: watch::Sender<Option<V>>,
}

impl<K, V, F> Fetches<K, V, F>
where
    K: Eq + Hash + Clone,
    F: Future<Output = V> + Unpin,
{
    fn new(keys_max: usize, patience: Duration) -> Self {
        Self { keys: Arc::default(), keys_max, patience }
    }

    /// Joins the next fetch of a key, or makes the first.
    fn join(&self, key: &K, fetch: impl FnOnce() -> F) -> Result<Joined<V, F>, NotFetched> {
        let mut keys = lock(&self.keys);
        if let Some(next) = keys.get_mut(key) {
            return Ok((next.get_or_insert_with(|| Gathering::of(fetch())).answer.subscribe(), None));
        }
        if keys.len() >= self.keys_max {
            return Err(NotFetched::Busy);
        }
        let first = Gathering::of(fetch());
        keys.insert(key.clone(), None);
        Ok((first.answer.subscribe(), Some(first)))
    }

    /// Runs the fetches of a key one after the other until nobody waits for another. One that takes too long is left
    /// running beside those after it.
    fn run(&self, key: K, first: Gathering<V, F>) -> impl Future<Output = ()> + use<K, V, F> {
        let (keys, patience) = (Arc::clone(&self.keys), self.patience);
        async move {
            let mut late = FuturesUnordered::new();
            let mut next = Some(first);
            while let Some(gathering) = next {
                let mut fetching = Box::pin(gathering.fetch());
                if beside(&mut late, timeout(patience, &mut fetching)).await.is_err() {
                    late.push(fetching);
                }
                let mut keys = lock(&keys);
                next = keys.get_mut(&key).and_then(Option::take);
                if next.is_none() {
                    keys.remove(&key);
                }
            }
            while late.next().await.is_some() {}
        }
    }
}

/// Waits for `first` while the others go on.
async fn beside<T>(
    others: &mut FuturesUnordered<impl Future<Output = ()>>,
    first: impl Future<Output = T>,
) -> T {
    let mut first = pin!(first);
    loop {
        let other = match others.is_empty() {
            true => Either::Left(future::pending()),
            false => Either::Right(others.next()),
        };
        match future::select(first.as_mut(), other).await {
            Either::Left((done, _)) => return done,
            Either::Right(_) => {}
        }
    }
}

impl<V, F: Future<Output = V> + Unpin> Gathering<V, F> {
    fn of(fetch: F) -> Self {
        Self { fetch, answer: watch::Sender::new(None) }
    }

    /// Where all who waited have gone, nobody is told. Where it panics, the dropped sender tells them.
    async fn fetch(self) {
        let Self { fetch, answer } = self;
        if !answer.is_closed()
            && let Ok(value) = AssertUnwindSafe(fetch).catch_unwind().await
        {
            answer.send_replace(Some(value));
        }
    }
}

/// Nothing under this lock panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> fmt::Debug for SharedFetches<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFetches").field("keys_max", &self.fetches.keys_max).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for LocalSharedFetches<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSharedFetches").field("keys_max", &self.0.keys_max).finish_non_exhaustive()
    }
}
