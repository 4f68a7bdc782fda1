//! Group commit: while a transaction is under way, bookings wait and then share the next one. If none is, a booking does
//! not linger for others; if one takes long, a second begins next to it. A refused booking never spoils its neighbours; a
//! batch that surely failed is tried one by one. If more wait than fit into transactions, those whose buyers still wait
//! are booked.

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_failure::Failure;
use booked_postgres::{Abort, Database, TransactionError};
use booked_server::{Deadline, Lifecycle, StandingQueue};
use tokio::{
    sync::{Mutex, Notify, oneshot},
    time::{Instant, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{Instrument as _, Span};

use super::{
    batch_size::BatchSize,
    book::{Booking, Verdict, book},
    buyer_limit::BuyerLimits,
    keyed_bookings::{delete_keys, keep_keys},
    queue_metrics::{QueueMetrics, Refused},
};

/// This queue, as failures name it.
const QUEUE: &str = "the booking queue";
/// Tickets that share one transaction, at most.
const TICKETS_MAX: usize = 2_000;
/// How often a booking that met another one of the same ticket at the same moment is tried again: at the second time it
/// sees the other one's ticket.
const SOLO_TRIES: usize = 3;
/// How long a transaction may take before another one begins beside it. Two that take turns share the bookings between
/// them, often one to the one and thirty to the other, and a transaction costs more than thirty bookings in it.
const STAGGER: Duration = Duration::from_millis(10);

booked_server::settings! {
    /// The bounds of the queue.
    #[derive(Clone, Copy, Debug)]
    pub struct QueueSettings {
        /// Booking transactions at the same time, at most: one begins next to another if that takes long. Few: many that share
        /// an event's row slow down each other and every change of it.
        pub flushers: usize = "BOOKING_TRANSACTIONS_MAX", default 2, range 1..=64;
        /// Bookings that may wait for a transaction; one more is answered 503.
        pub length: usize = "BOOKING_QUEUE_MAX", default 4096, range 1..=1_000_000;
        /// Longest wait for a transaction, in milliseconds; then the answer is 503.
        pub wait: Duration = "BOOKING_QUEUE_WAIT_MAX_MS", default 1000, range 1..=86_400_000;
    }
}

struct Job {
    booking: Booking,
    queued: Instant,
    /// Until when the caller waits for it; none if the caller did not say.
    deadline: Option<Deadline>,
    /// Of the request.
    span: Span,
    /// Set by the first of the two: the flusher that begins with it, or the caller that waits no longer.
    decided: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<Verdict, Failure>>,
}

/// Bookings on their way into Postgres; clones share the queue.
#[derive(Clone, Debug)]
pub struct BookingQueue {
    jobs: Arc<Jobs>,
    wait: Duration,
    metrics: QueueMetrics,
}

/// What waits.
struct Jobs {
    waiting: std::sync::Mutex<StandingQueue<Job>>,
    length_max: usize,
    came: Notify,
}

impl BookingQueue {
    /// Starts the flushers. `max_per_buyer`: how many tickets one user may have of an event that sets no limit of its own; 0 if any
    /// number.
    #[must_use]
    pub fn start(
        database: &Database,
        settings: QueueSettings,
        max_per_buyer: u32,
        lifecycle: &Lifecycle,
    ) -> Self {
        let jobs = Arc::new(Jobs {
            waiting: std::sync::Mutex::default(),
            length_max: settings.length,
            came: Notify::new(),
        });
        let metrics = QueueMetrics::new();
        let shown = Arc::downgrade(&jobs);
        QueueMetrics::show_length(settings.length, move || Some(shown.upgrade()?.length()));
        let flusher = Flusher {
            database: database.clone(),
            jobs: Arc::clone(&jobs),
            last: Arc::default(),
            size: Arc::new(BatchSize::new()),
            wait: settings.wait,
            limits: BuyerLimits::new(max_per_buyer),
            metrics: metrics.clone(),
        };
        for _ in 0..settings.flushers {
            lifecycle.spawn_job(flusher.clone().run());
        }
        Self { jobs, wait: settings.wait, metrics }
    }

    pub(super) async fn book(&self, booking: Booking) -> Result<Verdict, Failure> {
        let (answer, mut answered) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let (queued, deadline, span) = (Instant::now(), Deadline::of_caller(), Span::current());
        let job = Job { booking, queued, deadline, span, decided: Arc::clone(&decided), answer };
        if !self.jobs.push(job) {
            self.metrics.refuse(Refused::Full, 1);
            return Err(Failure::not_done(QUEUE, "too many bookings wait"));
        }
        let answer = match timeout(Deadline::wait_at_most(self.wait), &mut answered).await {
            Ok(answer) => answer,
            Err(_) if !decided.swap(true, Ordering::AcqRel) => {
                self.metrics.refuse(Refused::Late, 1);
                return Err(waited_too_long());
            }
            Err(_) => answered.await,
        };
        // A flusher that is gone may have sent the commit.
        answer.unwrap_or_else(|_| Err(Failure::unknown(QUEUE, "the process is ending")))
    }
}

impl Jobs {
    /// Whether there was room for it.
    fn push(&self, job: Job) -> bool {
        let mut waiting = self.waiting();
        waiting.forget_oldest_while(|job| job.decided.load(Ordering::Acquire));
        if waiting.len() >= self.length_max {
            return false;
        }
        waiting.push(job, Instant::now());
        drop(waiting);
        self.came.notify_one();
        true
    }

    /// Whose turn it is: callers that have gone are skipped.
    fn pop(&self) -> Option<Job> {
        let mut waiting = self.waiting();
        let now = Instant::now();
        std::iter::from_fn(|| waiting.pop(now)).find(|job| !job.decided.swap(true, Ordering::AcqRel))
    }

    fn length(&self) -> usize {
        self.waiting().len()
    }

    /// Nothing under this lock panics half-way.
    fn waiting(&self) -> std::sync::MutexGuard<'_, StandingQueue<Job>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("length_max", &self.length_max).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Flusher {
    database: Database,
    jobs: Arc<Jobs>,
    /// For the flusher that is free: is cancelled when the transaction that was begun last has ended.
    last: Arc<Mutex<Option<CancellationToken>>>,
    size: Arc<BatchSize>,
    limits: BuyerLimits,
    wait: Duration,
    metrics: QueueMetrics,
}

impl Flusher {
    async fn run(self) {
        loop {
            let (batch, _until_its_end) = self.next_batch().await;
            self.flush(batch).await;
        }
    }

    /// Whatever is wanted when the transaction that was begun last is over, or takes long.
    async fn next_batch(&self) -> (Vec<Job>, DropGuard) {
        let mut last = self.last.lock().await;
        while self.jobs.length() == 0 {
            self.jobs.came.notified().await;
        }
        if let Some(last) = last.take() {
            // If it takes long, this one begins next to it.
            let _ = timeout(STAGGER, last.cancelled()).await;
        }
        let under_way = CancellationToken::new();
        *last = Some(under_way.clone());
        let (mut batch, mut tickets) = (Vec::new(), 0);
        while batch.len() < self.size.get()
            && tickets < TICKETS_MAX
            && let Some(job) = self.jobs.pop()
        {
            tickets += job.booking.tickets.len();
            batch.push(job);
        }
        (batch, under_way.drop_guard())
    }

    async fn flush(&self, batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        self.metrics.begin(batch.len());
        let span = booked_telemetry::shared_span("commit bookings", batch.iter().map(|job| &job.span));
        let bookings: Vec<Booking> = batch.iter().map(|job| job.booking.clone()).collect();
        let began = Instant::now();
        let result = for_whoever_waits_longest(&batch, self.transact(bookings)).instrument(span).await;
        self.size.learn(batch.len(), began.elapsed());
        match result {
            Ok(verdicts) => {
                batch.into_iter().zip(verdicts).for_each(|(job, verdict)| answer(job, Ok(verdict)))
            }
            // Surely rolled back, and perhaps for one booking's sake only.
            Err(TransactionError::Aborted(Race) | TransactionError::Failed(Failure::Refused(..))) => {
                for job in batch {
                    let verdict = self.alone(&job).instrument(job.span.clone()).await;
                    answer(job, verdict);
                }
            }
            Err(TransactionError::Failed(failure)) => {
                batch.into_iter().for_each(|job| answer(job, Err(failure.clone())));
            }
        }
    }

    /// No try begins late, so that all of a booking is over before its claim is overdue.
    async fn alone(&self, job: &Job) -> Result<Verdict, Failure> {
        for _ in 0..SOLO_TRIES {
            if job.queued.elapsed() > self.wait {
                return Err(waited_too_long());
            }
            return match self.transact(vec![job.booking.clone()]).await {
                Ok(verdicts) => Ok(verdicts.first().copied().unwrap_or(Verdict::NotForSale)),
                Err(TransactionError::Aborted(Race)) => continue,
                Err(TransactionError::Failed(failure)) => Err(failure),
            };
        }
        Err(Failure::not_done(QUEUE, "others book the same tickets again and again"))
    }

    async fn transact(&self, bookings: Vec<Booking>) -> Result<Vec<Verdict>, TransactionError<Race>> {
        let (booked, limits) = (bookings.clone(), self.limits.clone());
        let verdicts = self
            .database
            .transaction(async move |connection| {
                let may_be_made = keep_keys(connection, &bookings).await?;
                let all = bookings.into_iter().zip(&may_be_made);
                let bookings: Vec<Booking> =
                    all.filter(|(_, may)| **may).map(|(booking, _)| booking).collect();
                let locked = limits.lock_buyers(connection, &bookings).await?;
                let decided = book(connection, &bookings, locked, limits.default).await?;
                delete_keys(connection, &bookings, &decided.verdicts).await?;
                let mut verdicts = decided.verdicts.into_iter();
                let verdict =
                    |may: bool| if may { verdicts.next() } else { None }.unwrap_or(Verdict::Repeated);
                let verdicts: Vec<Verdict> = may_be_made.into_iter().map(verdict).collect();
                if decided.complete { Ok(verdicts) } else { Err(Abort::Refuse(Race)) }
            })
            .await?;
        self.limits.learn(&booked, &verdicts);
        for (booking, verdict) in booked.iter().zip(&verdicts) {
            self.metrics.decide(booking, *verdict);
        }
        Ok(verdicts)
    }
}

/// A transaction is begun as long as somebody waits for one of its bookings.
async fn for_whoever_waits_longest<T>(batch: &[Job], transaction: impl Future<Output = T>) -> T {
    let deadlines: Option<Vec<Deadline>> = batch.iter().map(|job| job.deadline).collect();
    match deadlines.and_then(|deadlines| deadlines.into_iter().max()) {
        Some(deadline) => deadline.scope(transaction).await,
        None => transaction.await,
    }
}

/// Another transaction wrote one of the tickets between the statement's read and its write.
#[derive(Clone, Copy, Debug)]
struct Race;

fn waited_too_long() -> Failure {
    Failure::not_done(QUEUE, "it waited too long")
}

/// The caller may have gone; its claim is the janitor's then.
fn answer(job: Job, verdict: Result<Verdict, Failure>) {
    let _ = job.answer.send(verdict);
}
