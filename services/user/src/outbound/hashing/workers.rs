//! A fixed number of threads behind a bounded queue that is fair to networks. No client waits long only to be refused:
//! work that is expected to wait too long is refused at once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use booked_server::Deadline;
use booked_telemetry::count;
use tokio::sync::oneshot;

use super::fair_queue::{FairQueue, Taken};
use crate::domain::Origin;

/// Hashing yields to everything else on the machine, so that a storm of log-ins slows log-ins alone.
const NICENESS: i32 = 10;
/// The weight of the newest job in the average duration is one over this: an eighth.
const AVERAGE_OVER: u64 = 8;

/// The threads. When this is dropped, they finish what is queued, then end.
pub(super) struct Workers {
    shared: Arc<Shared>,
    wait_max: Duration,
}

/// Why work was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRun {
    /// Too much is queued already.
    #[error("too much is queued")]
    QueueFull,
    /// It waited so long that its result is useless.
    #[error("it waited too long")]
    Late,
    /// It panicked.
    #[error("the work was lost")]
    Lost,
}

struct Job {
    begin_by: Instant,
    /// Returns whether it was run.
    work: Box<dyn FnOnce(Verdict) -> bool + Send>,
}

/// What a job is given when it leaves the queue: that it may run, or why not.
type Verdict = Result<(), NotRun>;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    threads: u64,
    average_micros: AtomicU64,
}

struct State {
    queue: FairQueue<Origin, Job>,
    is_ending: bool,
}

impl Workers {
    /// Starts this many threads.
    pub(super) fn start(threads: usize, queue_max: usize, wait_max: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { queue: FairQueue::new(queue_max), is_ending: false }),
            changed: Condvar::new(),
            threads: count(threads),
            average_micros: AtomicU64::default(),
        });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || run_jobs(&shared))?;
        }
        register_gauge(&shared);
        Ok(Self { shared, wait_max })
    }

    /// Runs work on one of the threads, for a client from this network. Work that has not begun is cancelled if the
    /// future is dropped, and no work begins after its caller's deadline.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        origin: Origin,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        let wait_max = Deadline::wait_at_most(self.wait_max);
        let begin_by = Instant::now().checked_add(wait_max);
        self.run_until(begin_by, wait_max, origin, work).await
    }

    async fn run_until<T: Send + 'static>(
        &self,
        begin_by: Option<Instant>,
        wait_max: Duration,
        origin: Origin,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |verdict: Verdict| {
            let is_run = verdict.is_ok() && !answer.is_closed();
            if verdict.is_err() || is_run {
                // The caller may have gone.
                let _ = answer.send(verdict.map(|()| work()));
            }
            is_run
        });
        let begin_by = begin_by.unwrap_or_else(far_future);
        self.shared.queue(wait_max, origin, Job { begin_by, work })?;
        answered.await.unwrap_or(Err(NotRun::Lost))
    }
}

/// For a wait that is longer than the clock can represent.
fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(365 * 86_400)
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.state().is_ending = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn queue(&self, wait_max: Duration, origin: Origin, job: Job) -> Result<(), NotRun> {
        let evicted = {
            let mut state = self.state();
            if self.expected_wait(state.queue.groups()) > wait_max {
                return Err(NotRun::QueueFull);
            }
            state.queue.push(origin, job)
        };
        self.changed.notify_one();
        if let Some(job) = evicted {
            (job.work)(Err(NotRun::QueueFull));
        }
        Ok(())
    }

    /// A newcomer is the first of its network, and each other network has one turn before it.
    fn expected_wait(&self, networks: usize) -> Duration {
        let turns = count(networks);
        let average = self.average_micros.load(Ordering::Relaxed);
        Duration::from_micros(turns.saturating_mul(average) / self.threads.max(1))
    }

    /// Waits for jobs; `None` once the queue is closed and empty.
    fn take(&self) -> Option<Taken<Job>> {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let taken = state.queue.pop(|job| job.begin_by <= now);
            if taken.next.is_some() || !taken.over.is_empty() {
                return Some(taken);
            }
            if state.is_ending {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// If two threads finish at once, the duration of one may be lost from the average, which does no harm.
    fn finished_one(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let average = match self.average_micros.load(Ordering::Relaxed) {
            0 => took,
            average => average - average / AVERAGE_OVER + took / AVERAGE_OVER,
        };
        self.average_micros.store(average, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run_jobs(shared: &Shared) {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "hashing keeps the common priority");
    }
    while let Some(Taken { over, next }) = shared.take() {
        for job in over {
            (job.work)(Err(NotRun::Late));
        }
        let Some(Job { work, .. }) = next else { continue };
        let began = Instant::now();
        // A job that panics must not end its thread, because nothing would start another.
        if catch_unwind(AssertUnwindSafe(|| work(Ok(())))).is_ok_and(|is_run| is_run) {
            shared.finished_one(began.elapsed());
        }
    }
}

fn register_gauge(shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    opentelemetry::global::meter("booked-user")
        .u64_observable_gauge("booked_user_hashes_waiting")
        .with_description("Passwords that wait for a thread to hash them")
        .with_callback(move |gauge| {
            let waiting = shared.state().queue.waiting();
            gauge.observe(count(waiting), &[]);
        })
        .build();
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, task::Poll};

    use futures_util::{future::join_all, poll};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn network(number: usize) -> Origin {
        Origin::parse(Some(&format!("2001:db8:{number:x}::")))
    }

    /// Workers with one thread that is busy until the sender is dropped or used.
    async fn busy_worker(queue_max: usize, wait_max: Duration) -> (Arc<Workers>, mpsc::Sender<()>) {
        let workers = Arc::new(Workers::start(1, queue_max, wait_max).unwrap());
        let (release, released) = mpsc::channel::<()>();
        let (began, has_begun) = oneshot::channel();
        let worker = Arc::clone(&workers);
        tokio::spawn(async move {
            let work = move || {
                began.send(()).unwrap();
                let _ = released.recv();
            };
            worker.run(network(0), work).await
        });
        has_begun.await.unwrap();
        (workers, release)
    }

    /// Submits work, and returns its pending result.
    async fn asked(
        workers: &Arc<Workers>,
        origin: Origin,
        what: usize,
    ) -> impl Future<Output = Result<usize, NotRun>> + use<> {
        let workers = Arc::clone(workers);
        let mut asked = Box::pin(async move { workers.run(origin, move || what).await });
        let first = poll!(&mut asked);
        async move {
            match first {
                Poll::Ready(done) => done,
                Poll::Pending => asked.await,
            }
        }
    }

    #[tokio::test]
    async fn a_flood_from_one_network_keeps_nobody_else_out() {
        let (workers, release) = busy_worker(8, LONG).await;
        let mut flood = Vec::new();
        for number in 0..100 {
            flood.push(asked(&workers, network(1), number).await);
        }
        let mut others = Vec::new();
        for number in 0..6 {
            others.push(asked(&workers, network(2 + number), number).await);
            flood.push(asked(&workers, network(1), 100 + number).await);
        }

        drop(release);

        assert!(join_all(others).await.iter().all(Result::is_ok));
        let done = join_all(flood).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(done, 2, "the flood has what the others leave");
    }

    #[tokio::test]
    async fn what_finds_the_queue_full_takes_the_place_of_the_oldest_of_the_longest_line() {
        let (workers, release) = busy_worker(2, LONG).await;
        let oldest = asked(&workers, network(1), 1).await;
        let newer = asked(&workers, network(1), 2).await;
        let newest = asked(&workers, network(1), 3).await;

        assert_eq!(oldest.await, Err(NotRun::QueueFull));

        drop(release);
        assert_eq!((newer.await, newest.await), (Ok(2), Ok(3)));
    }

    #[tokio::test]
    async fn what_is_expected_to_wait_too_long_is_refused_at_once() {
        let (workers, _release) = busy_worker(8, Duration::from_millis(500)).await;
        workers.shared.finished_one(Duration::from_secs(1));
        let mut waiting = Box::pin(workers.run(network(1), || "done"));
        assert!(poll!(&mut waiting).is_pending());

        let refused = poll!(Box::pin(workers.run(network(2), || "done")));
        assert_eq!(refused, Poll::Ready(Err(NotRun::QueueFull)));
    }

    #[tokio::test]
    async fn what_waited_too_long_after_all_is_refused_without_being_run() {
        let workers = Workers::start(1, 8, LONG).unwrap();
        let long_ago = Instant::now().checked_sub(LONG);

        let refused = workers.run_until(long_ago, LONG, network(1), || panic!("it was run")).await;

        assert_eq!(refused, Err::<(), _>(NotRun::Late));
    }

    #[tokio::test]
    async fn what_its_caller_waits_for_no_longer_is_refused_without_being_run() {
        let workers = Workers::start(1, 8, LONG).unwrap();
        let over = Deadline::after(Duration::ZERO);

        let refused = over.scope(workers.run(network(1), || panic!("it was run"))).await;

        assert!(matches!(refused, Err::<(), _>(NotRun::Late | NotRun::QueueFull)), "{refused:?}");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_run() {
        let (workers, release) = busy_worker(8, LONG).await;
        let (ran, has_run) = mpsc::channel();
        let mut waiting = Box::pin(workers.run(network(1), move || ran.send(())));
        assert!(poll!(&mut waiting).is_pending());

        drop(waiting);
        drop(release);

        assert_eq!(workers.run(network(1), || "done").await, Ok("done"));
        assert!(has_run.recv().is_err());
    }

    #[tokio::test]
    async fn work_that_panics_is_lost_and_its_thread_goes_on() {
        let workers = Workers::start(1, 8, LONG).unwrap();

        assert_eq!(workers.run(network(1), || panic!("on purpose")).await, Err::<(), _>(NotRun::Lost));
        assert_eq!(workers.run(network(1), || "done").await, Ok("done"));
    }
}
