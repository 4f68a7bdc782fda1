//! A fixed number of threads and a bounded queue before them. Nobody waits long only to be refused: what is expected
//! to wait too long is refused at once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

/// Hashing gives way to everything else on the machine: a storm of log-ins is to slow log-ins alone.
const NICENESS: i32 = 10;
/// How much the newest job counts in the average time of one: an eighth.
const AVERAGE_OVER: u64 = 8;

/// The threads. They end when this is dropped, after what is queued.
pub(super) struct Workers {
    queue: SyncSender<Job>,
    load: Arc<Load>,
    wait_max: Duration,
}

/// Why work was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRun {
    /// Too much is queued already.
    #[error("too much is queued")]
    TooBusy,
    /// It panicked.
    #[error("the work was lost")]
    Lost,
}

struct Job {
    asked: Instant,
    work: Box<dyn FnOnce(Turn) + Send>,
}

/// What a job meets when a thread takes it.
#[derive(Clone, Copy)]
enum Turn {
    InTime,
    TooLate,
}

struct Load {
    threads: u64,
    waiting: AtomicUsize,
    average_micros: AtomicU64,
}

impl Workers {
    /// Starts so many threads.
    pub(super) fn start(threads: usize, queue_max: usize, wait_max: Duration) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(queue_max);
        let jobs = Arc::new(Mutex::new(jobs));
        let load = Arc::new(Load {
            threads: u64::try_from(threads).unwrap_or(u64::MAX),
            waiting: AtomicUsize::default(),
            average_micros: AtomicU64::default(),
        });
        for number in 0..threads {
            let (jobs, load) = (Arc::clone(&jobs), Arc::clone(&load));
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || run_jobs(&jobs, &load, wait_max))?;
        }
        show(&load);
        Ok(Self { queue, load, wait_max })
    }

    /// Runs work on one of the threads. Dropping the future takes work back that has not begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        self.run_asked_at(Instant::now(), work).await
    }

    async fn run_asked_at<T: Send + 'static>(
        &self,
        asked: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        if self.load.expected_wait() > self.wait_max {
            return Err(NotRun::TooBusy);
        }
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |turn| {
            if answer.is_closed() {
                return;
            }
            // Nobody may wait for the answer any more.
            let _ = answer.send(match turn {
                Turn::InTime => Ok(work()),
                Turn::TooLate => Err(NotRun::TooBusy),
            });
        });
        self.load.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(Job { asked, work }).is_err() {
            self.load.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(NotRun::TooBusy);
        }
        answered.await.unwrap_or(Err(NotRun::Lost))
    }
}

impl Load {
    fn expected_wait(&self) -> Duration {
        let waiting = u64::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        let average = self.average_micros.load(Ordering::Relaxed);
        Duration::from_micros(waiting.saturating_mul(average) / self.threads.max(1))
    }

    /// Two threads that finish at once may lose one's part in the average, which does no harm.
    fn finished_one(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let average = match self.average_micros.load(Ordering::Relaxed) {
            0 => took,
            average => average - average / AVERAGE_OVER + took / AVERAGE_OVER,
        };
        self.average_micros.store(average, Ordering::Relaxed);
    }
}

fn run_jobs(jobs: &Mutex<Receiver<Job>>, load: &Load, wait_max: Duration) {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "hashing keeps the common priority");
    }
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { asked, work }) = job else { return };
        load.waiting.fetch_sub(1, Ordering::Relaxed);
        let began = Instant::now();
        if began - asked > wait_max {
            work(Turn::TooLate);
            continue;
        }
        // One that panics must not take its thread along: nothing would bring that back.
        if catch_unwind(AssertUnwindSafe(|| work(Turn::InTime))).is_ok() {
            load.finished_one(began.elapsed());
        }
    }
}

fn show(load: &Arc<Load>) {
    let load = Arc::clone(load);
    opentelemetry::global::meter("booked-user")
        .u64_observable_gauge("booked_user_hashes_waiting")
        .with_description("Passwords that wait for a thread to hash them")
        .with_callback(move |gauge| {
            let waiting = load.waiting.load(Ordering::Relaxed);
            gauge.observe(u64::try_from(waiting).unwrap_or(u64::MAX), &[]);
        })
        .build();
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, task::Poll};

    use futures_util::poll;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

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
            worker.run(work).await
        });
        has_begun.await.unwrap();
        (workers, release)
    }

    async fn until(condition: impl Fn() -> bool) {
        let waited = tokio::time::timeout(LONG, async {
            while !condition() {
                tokio::task::yield_now().await;
            }
        });
        waited.await.expect("the condition never came true");
    }

    #[tokio::test]
    async fn what_finds_the_queue_full_is_refused_at_once() {
        let (workers, release) = busy_worker(1, LONG).await;
        let waiting = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(|| "done").await }
        });
        until(|| workers.load.waiting.load(Ordering::Relaxed) == 1).await;

        assert_eq!(poll!(Box::pin(workers.run(|| "done"))), Poll::Ready(Err(NotRun::TooBusy)));

        drop(release);
        assert_eq!(waiting.await.unwrap(), Ok("done"));
    }

    #[tokio::test]
    async fn what_is_expected_to_wait_too_long_is_refused_at_once() {
        let (workers, _release) = busy_worker(8, Duration::from_millis(500)).await;
        workers.load.finished_one(Duration::from_secs(1));
        let mut waiting = Box::pin(workers.run(|| "done"));
        assert!(poll!(&mut waiting).is_pending());

        assert_eq!(poll!(Box::pin(workers.run(|| "done"))), Poll::Ready(Err(NotRun::TooBusy)));
    }

    #[tokio::test]
    async fn what_waited_too_long_after_all_is_refused_without_being_run() {
        let workers = Workers::start(1, 8, LONG).unwrap();
        let long_ago = Instant::now().checked_sub(2 * LONG).unwrap();

        let refused = workers.run_asked_at(long_ago, || panic!("it was run")).await;

        assert_eq!(refused, Err::<(), _>(NotRun::TooBusy));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_run() {
        let (workers, release) = busy_worker(8, LONG).await;
        let (ran, has_run) = mpsc::channel();
        let mut waiting = Box::pin(workers.run(move || ran.send(())));
        assert!(poll!(&mut waiting).is_pending());

        drop(waiting);
        drop(release);

        assert_eq!(workers.run(|| "done").await, Ok("done"));
        assert_eq!(has_run.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }

    #[tokio::test]
    async fn work_that_panics_is_lost_and_its_thread_goes_on() {
        let workers = Workers::start(1, 8, LONG).unwrap();

        assert_eq!(workers.run(|| panic!("on purpose")).await, Err::<(), _>(NotRun::Lost));
        assert_eq!(workers.run(|| "done").await, Ok("done"));
    }
}
