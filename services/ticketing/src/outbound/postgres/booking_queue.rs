//! Group commit: while a transaction is under way, bookings wait and then share the next one. Where none is, a booking does
//! not linger for others; where one takes long, a second begins beside it. A refused booking never spoils its neighbours; a
//! batch that surely failed is tried one by one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_postgres::{Abort, Database, WriteFailure};
use booked_server::Lifecycle;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{Instrument as _, Span};

use super::{
    book::{Booking, Verdict, book},
    queue_metrics::{QueueMetrics, Refused},
};
use crate::ports::StoreFailure;

/// Bookings that share one transaction at most, and their tickets.
const BOOKINGS_MAX: usize = 256;
const TICKETS_MAX: usize = 2_000;
/// How often a booking that met another one of the same ticket at the same moment is tried again: at the second time it
/// sees the other one's ticket.
const SOLO_TRIES: usize = 3;
/// How long a transaction may take before another one begins beside it. Two that take turns share the bookings between
/// them, often one to the one and thirty to the other, and a transaction costs more than thirty bookings in it.
const STAGGER: Duration = Duration::from_millis(10);

/// The bounds of the queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// Transactions at the same time, at most. Few: many that share an event's row slow down each other and whoever changes it.
    pub flushers: usize,
    /// Bookings that may wait.
    pub length: usize,
    /// How long one may wait before it is refused.
    pub wait: Duration,
}

struct Job {
    booking: Booking,
    queued: Instant,
    /// Of the request.
    span: Span,
    /// Set by whoever comes first: the flusher that begins with it, or the caller who waits no longer.
    decided: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<Verdict, StoreFailure>>,
}

/// Bookings on their way into Postgres; clones share the queue.
#[derive(Clone, Debug)]
pub struct BookingQueue {
    jobs: mpsc::Sender<Job>,
    wait: Duration,
    metrics: QueueMetrics,
}

impl BookingQueue {
    /// Starts the flushers.
    #[must_use]
    pub fn start(database: &Database, settings: QueueSettings, lifecycle: &Lifecycle) -> Self {
        let (jobs, waiting) = mpsc::channel(settings.length);
        let metrics = QueueMetrics::new();
        QueueMetrics::show_length(&jobs);
        let flusher = Flusher {
            database: database.clone(),
            waiting: Arc::new(Mutex::new(Waiting { jobs: waiting, last: None })),
            wait: settings.wait,
            metrics: metrics.clone(),
        };
        for _ in 0..settings.flushers {
            lifecycle.spawn_job(flusher.clone().run());
        }
        Self { jobs, wait: settings.wait, metrics }
    }

    pub(super) async fn book(&self, booking: Booking) -> Result<Verdict, StoreFailure> {
        let (answer, mut answered) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let (queued, span) = (Instant::now(), Span::current());
        let job = Job { booking, queued, span, decided: Arc::clone(&decided), answer };
        if self.jobs.try_send(job).is_err() {
            self.metrics.refuse(Refused::Full, 1);
            return Err(StoreFailure::Unavailable("too many bookings wait".to_owned()));
        }
        let answer = match timeout(self.wait, &mut answered).await {
            Ok(answer) => answer,
            Err(_) if !decided.swap(true, Ordering::AcqRel) => {
                self.metrics.refuse(Refused::Late, 1);
                return Err(waited_too_long());
            }
            Err(_) => answered.await,
        };
        // A flusher that is gone may have sent the commit.
        answer.unwrap_or_else(|_| Err(StoreFailure::Unknown("the process is ending".to_owned())))
    }
}

#[derive(Clone)]
struct Flusher {
    database: Database,
    waiting: Arc<Mutex<Waiting>>,
    wait: Duration,
    metrics: QueueMetrics,
}

/// What waits, for the flusher that is free.
struct Waiting {
    jobs: mpsc::Receiver<Job>,
    /// Is cancelled when the transaction that was begun last has ended.
    last: Option<CancellationToken>,
}

impl Flusher {
    async fn run(self) {
        while let Some((batch, _until_its_end)) = self.next_batch().await {
            self.flush(batch).await;
        }
    }

    /// Whatever is wanted when the transaction that was begun last is over, or takes long; `None` when nothing can come any
    /// more.
    async fn next_batch(&self) -> Option<(Vec<Job>, DropGuard)> {
        let mut waiting = self.waiting.lock().await;
        let mut next = Some(waiting.jobs.recv().await?);
        if let Some(last) = waiting.last.take() {
            // Where it takes long, this one begins beside it.
            let _ = timeout(STAGGER, last.cancelled()).await;
        }
        let under_way = CancellationToken::new();
        waiting.last = Some(under_way.clone());
        let (mut batch, mut tickets) = (Vec::new(), 0);
        while let Some(job) = next {
            if !job.decided.swap(true, Ordering::AcqRel) {
                tickets += job.booking.tickets.len();
                batch.push(job);
            }
            next = if batch.len() < BOOKINGS_MAX && tickets < TICKETS_MAX {
                waiting.jobs.try_recv().ok()
            } else {
                None
            };
        }
        Some((batch, under_way.drop_guard()))
    }

    async fn flush(&self, batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        self.metrics.begin(batch.len());
        let span = booked_telemetry::shared_span("commit bookings", batch.iter().map(|job| &job.span));
        let bookings: Vec<Booking> = batch.iter().map(|job| job.booking.clone()).collect();
        match self.transact(bookings).instrument(span).await {
            Ok(verdicts) => {
                batch.into_iter().zip(verdicts).for_each(|(job, verdict)| answer(job, Ok(verdict)))
            }
            // Surely rolled back, and perhaps for one booking's sake only.
            Err(WriteFailure::Aborted(Race) | WriteFailure::Refused(_)) => {
                for job in batch {
                    let verdict = self.alone(&job).instrument(job.span.clone()).await;
                    answer(job, verdict);
                }
            }
            Err(WriteFailure::Unavailable(why)) => {
                batch.into_iter().for_each(|job| answer(job, Err(StoreFailure::Unavailable(why.clone()))));
            }
            Err(WriteFailure::Unknown(why)) => {
                batch.into_iter().for_each(|job| answer(job, Err(StoreFailure::Unknown(why.clone()))));
            }
        }
    }

    /// No try begins late, so that all of a booking is over before its claim is overdue.
    async fn alone(&self, job: &Job) -> Result<Verdict, StoreFailure> {
        for _ in 0..SOLO_TRIES {
            if job.queued.elapsed() > self.wait {
                return Err(waited_too_long());
            }
            return match self.transact(vec![job.booking.clone()]).await {
                Ok(verdicts) => Ok(verdicts.first().copied().unwrap_or(Verdict::NotForSale)),
                Err(WriteFailure::Aborted(Race)) => continue,
                Err(WriteFailure::Refused(error)) => Err(StoreFailure::Refused(error.to_string())),
                Err(WriteFailure::Unavailable(why)) => Err(StoreFailure::Unavailable(why)),
                Err(WriteFailure::Unknown(why)) => Err(StoreFailure::Unknown(why)),
            };
        }
        Err(StoreFailure::Unavailable("others book the same tickets again and again".to_owned()))
    }

    async fn transact(&self, bookings: Vec<Booking>) -> Result<Vec<Verdict>, WriteFailure<Race>> {
        let booked = bookings.clone();
        let verdicts = self
            .database
            .transaction(async move |connection| {
                let decided = book(connection, &bookings).await?;
                if decided.complete { Ok(decided.verdicts) } else { Err(Abort::Refuse(Race)) }
            })
            .await?;
        for (booking, verdict) in booked.iter().zip(&verdicts) {
            self.metrics.decide(booking, *verdict);
        }
        Ok(verdicts)
    }
}

/// Somebody else wrote one of the tickets between the statement's look and its write.
#[derive(Clone, Copy, Debug)]
struct Race;

fn waited_too_long() -> StoreFailure {
    StoreFailure::Unavailable("it waited too long".to_owned())
}

/// The caller may have gone; its claim is the janitor's then.
fn answer(job: Job, verdict: Result<Verdict, StoreFailure>) {
    let _ = job.answer.send(verdict);
}
