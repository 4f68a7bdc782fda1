//! One fetch for everyone who asks for the same thing at the same moment.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use booked_telemetry::ServedRequest;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{self, BoxFuture, Either, Future},
    stream::FuturesUnordered,
};
use opentelemetry::{KeyValue, metrics::Counter};
use tokio::{sync::watch, task::yield_now, time::timeout};

use crate::Lifecycle;

/// Shares fetches by key, for the whole process. A caller only ever joins a fetch that starts after it asked: while
/// one fetch runs, all callers that arrive gather into one next fetch. So the value that a caller gets was always
/// fetched after it asked, and a crowd of any size costs at most two concurrent fetches.
///
/// A fetch runs on the process' own runtime, so that no caller is stranded when another one goes away.
pub struct SingleFlight<K, V> {
    fetches: Fetches<K, V, BoxFuture<'static, V>>,
    lifecycle: Lifecycle,
}

/// The same, for fetches that use something which cannot leave an HTTP worker's thread: callers share the question,
/// and the worker of the first caller asks it, and also the questions that follow.
pub struct LocalSingleFlight<K, Q, V>(Fetches<K, V, Q>);

/// Nothing was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// The allowed number of different keys is already being fetched.
    #[error("too many different fetches at a time")]
    Busy,
    /// The fetch panicked, or the process ended before it did.
    #[error("the fetch was interrupted")]
    Interrupted,
}

impl<K, V> SingleFlight<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// At most this many different keys are fetched concurrently. `name` is what metrics call these fetches.
    #[must_use]
    pub fn new(name: &'static str, keys_max: usize, lifecycle: &Lifecycle) -> Self {
        Self { fetches: Fetches::new(name, keys_max, Duration::MAX), lifecycle: lifecycle.clone() }
    }

    /// What `fetch` returns, or the `fetch` of another caller with the same key that starts after this call.
    ///
    /// # Errors
    ///
    /// See [`FlightError`].
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, FlightError>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let for_request = || {
            let (request, fetch) = (ServedRequest::current(), fetch());
            async move { request.scope(fetch).await }.boxed()
        };
        let (answer, first) = self.fetches.join(&key, for_request)?;
        if let Some(first) = first {
            self.lifecycle.spawn_job(self.fetches.run(key, first, |fetch| fetch));
        }
        self.fetches.wait_for(answer).await
    }
}

impl<K, Q, V> LocalSingleFlight<K, Q, V>
where
    K: Eq + Hash + Clone + 'static,
    Q: 'static,
    V: Clone + 'static,
{
    /// At most this many different keys are asked about concurrently. An answer that takes longer than `patience` no
    /// longer delays the callers that ask for the same key after it: they may not run into whatever blocks it. So the
    /// number of concurrent questions of one key is at most the longest time of a question divided by `patience`.
    /// `name` is what metrics call these questions.
    #[must_use]
    pub fn new(name: &'static str, keys_max: usize, patience: Duration) -> Self {
        Self(Fetches::new(name, keys_max, patience))
    }

    /// The answer of `ask` to the question, or of the `ask` of another caller to an equal question, asked after this
    /// call.
    ///
    /// # Errors
    ///
    /// See [`FlightError`].
    pub async fn get<F>(
        &self,
        key: K,
        question: impl FnOnce() -> Q,
        ask: impl Fn(Q) -> F + 'static,
    ) -> Result<V, FlightError>
    where
        F: Future<Output = V> + 'static,
    {
        let (answer, first) = self.0.join(&key, question)?;
        if let Some(first) = first {
            actix_web::rt::spawn(self.0.run(key, first, ask));
        }
        self.0.wait_for(answer).await
    }
}

/// The keys that are being fetched, each with the fetch that follows the running one.
struct Fetches<K, V, Q> {
    keys: Arc<Mutex<Keys<K, V, Q>>>,
    keys_max: usize,
    patience: Duration,
    metrics: Metrics,
}

type Keys<K, V, Q> = HashMap<K, Option<NextFlight<V, Q>>>;

/// The answer to come, and the first question if nobody runs the fetches of its key: then the caller has to.
type Joined<V, Q> = (watch::Receiver<Option<V>>, Option<NextFlight<V, Q>>);

/// A fetch that has not started.
struct NextFlight<V, Q> {
    question: Q,
    answer: watch::Sender<Option<V>>,
}

impl<K: Eq + Hash + Clone, V, Q> Fetches<K, V, Q> {
    fn new(name: &'static str, keys_max: usize, patience: Duration) -> Self {
        Self { keys: Arc::default(), keys_max, patience, metrics: Metrics::new(name) }
    }

    /// Joins the next fetch of a key, or creates the first one.
    fn join(&self, key: &K, question: impl FnOnce() -> Q) -> Result<Joined<V, Q>, FlightError> {
        let mut keys = lock(&self.keys);
        if let Some(next) = keys.get_mut(key) {
            return Ok((next.get_or_insert_with(|| NextFlight::of(question())).answer.subscribe(), None));
        }
        if keys.len() >= self.keys_max {
            return Err(FlightError::Busy);
        }
        let first = NextFlight::of(question());
        keys.insert(key.clone(), None);
        Ok((first.answer.subscribe(), Some(first)))
    }

    async fn wait_for(&self, mut answer: watch::Receiver<Option<V>>) -> Result<V, FlightError>
    where
        V: Clone,
    {
        self.metrics.callers.add(1, &self.metrics.name);
        let value = answer.wait_for(Option::is_some).await.map_err(|_| FlightError::Interrupted)?;
        value.clone().ok_or(FlightError::Interrupted)
    }

    /// Runs the fetches of a key one after the other until nobody waits for another. One that takes too long is left
    /// running alongside those after it.
    fn run<A, F>(
        &self,
        key: K,
        first: NextFlight<V, Q>,
        ask: A,
    ) -> impl Future<Output = ()> + use<K, V, Q, A, F>
    where
        A: Fn(Q) -> F,
        F: Future<Output = V>,
    {
        let patience = self.patience;
        let mut running = Running { keys: Arc::clone(&self.keys), key: Some(key) };
        let metrics = self.metrics.clone();
        async move {
            let mut late = FuturesUnordered::new();
            let mut next = Some(first);
            while let Some(gathering) = next {
                metrics.fetches.add(1, &metrics.name);
                let mut fetching = Box::pin(gathering.fetch(&ask));
                if beside(&mut late, timeout(patience, &mut fetching)).await.is_err() {
                    late.push(fetching);
                }
                if running.is_awaited() {
                    let_others_join().await;
                }
                next = running.next();
            }
            while late.next().await.is_some() {}
        }
    }
}

/// How many callers shared how many fetches.
#[derive(Clone)]
struct Metrics {
    callers: Counter<u64>,
    fetches: Counter<u64>,
    name: [KeyValue; 1],
}

impl Metrics {
    fn new(name: &'static str) -> Self {
        let meter = opentelemetry::global::meter("booked-server");
        let this = Self {
            callers: meter
                .u64_counter("booked_shared_fetch_callers")
                .with_description("Callers of fetches that are shared")
                .build(),
            fetches: meter
                .u64_counter("booked_shared_fetches")
                .with_description("Fetches that such callers shared")
                .build(),
            name: [KeyValue::new("fetch", name)],
        };
        this.callers.add(0, &this.name);
        this.fetches.add(0, &this.name);
        this
    }
}

/// The duty to run the fetches of a key until nobody waits. If it is dropped before that, the waiting callers get an
/// error.
struct Running<K: Eq + Hash, V, Q> {
    keys: Arc<Mutex<Keys<K, V, Q>>>,
    /// None once the duty is done: by then the key may belong to another runner.
    key: Option<K>,
}

impl<K: Eq + Hash, V, Q> Running<K, V, Q> {
    /// Whether somebody waits for the next fetch.
    fn is_awaited(&self) -> bool {
        self.key.as_ref().is_some_and(|key| lock(&self.keys).get(key).is_some_and(Option::is_some))
    }

    fn next(&mut self) -> Option<NextFlight<V, Q>> {
        let mut keys = lock(&self.keys);
        let next = self.key.as_ref().and_then(|key| keys.get_mut(key)).and_then(Option::take);
        if next.is_none()
            && let Some(key) = self.key.take()
        {
            keys.remove(&key);
        }
        next
    }
}

impl<K: Eq + Hash, V, Q> Drop for Running<K, V, Q> {
    fn drop(&mut self) {
        let given_up = self.key.take().and_then(|key| lock(&self.keys).remove(&key));
        drop(given_up);
    }
}

/// Lets everything go first that can: those who were answered are told, and whoever has asked meanwhile, also of them, joins the
/// next fetch. If nothing else is to do, this takes no time; if there is, fetches become fewer and crowds larger.
async fn let_others_join() {
    // Of a runtime with one thread the first turn ends when the system was asked what has arrived, and the second one when that
    // was read.
    yield_now().await;
    yield_now().await;
}

/// Waits for `first` while the others continue.
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

impl<V, Q> NextFlight<V, Q> {
    fn of(question: Q) -> Self {
        Self { question, answer: watch::Sender::new(None) }
    }

    /// If all callers have gone, nothing is fetched. If the fetch panics, dropping the sender notifies them.
    async fn fetch<F: Future<Output = V>>(self, ask: &impl Fn(Q) -> F) {
        let Self { question, answer } = self;
        if !answer.is_closed()
            && let Ok(value) = AssertUnwindSafe(async { ask(question).await }).catch_unwind().await
        {
            answer.send_replace(Some(value));
        }
    }
}

/// Nothing panics half-way while it holds this lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").field("keys_max", &self.fetches.keys_max).finish_non_exhaustive()
    }
}

impl<K, Q, V> fmt::Debug for LocalSingleFlight<K, Q, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSingleFlight").field("keys_max", &self.0.keys_max).finish_non_exhaustive()
    }
}
