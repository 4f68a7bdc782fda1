//! What all iterations of a run share, and one iteration: a client that arrives, calls, thinks, and leaves.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use booked_checker::history::{Call, Keyed, Line, Op, Outcome, Response};
use booked_client::{EventQuery, RawAnswer, operations::list_events};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    arrivals::exponential,
    client::{Gateway, RecorderHandle, Repeats, RequestError, Session, outcome},
    meter::{Measured, Meter, Operation, Verdict},
};

pub(crate) struct Run {
    pub(crate) gateway: Gateway,
    pub(crate) meter: Meter,
    pub(crate) recorder: Option<RecorderHandle>,
    /// How what changes something is sent again with its key; none if it is sent once, without a key.
    pub(crate) repeats: Option<Repeats>,
    pub(crate) seed: u64,
    /// Calls that were meant to start earlier are not measured.
    pub(crate) measured_from: Instant,
    /// Cancelled when no more iterations begin. Clients that are thinking stop thinking.
    pub(crate) over: CancellationToken,
    /// Set when iterations must make no more calls. Calls under way are awaited, since they may be carried out.
    pub(crate) aborted: AtomicBool,
    /// Iterations that are open.
    pub(crate) open: AtomicUsize,
}

impl Run {
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    pub(crate) fn end(&self) {
        self.over.cancel();
    }
}

/// A client that arrives, calls, thinks, and leaves.
pub(crate) struct Iteration {
    run: Arc<Run>,
    lane: usize,
    /// When the next call is meant to start; none if that is now.
    due: Option<Instant>,
    aborted: Arc<Notify>,
    /// Gives the same choices for the same seed.
    pub(crate) random: SmallRng,
}

impl Iteration {
    /// `due`: when it was meant to begin.
    pub(crate) fn new(run: &Arc<Run>, number: u64, due: Option<Instant>) -> Self {
        // Adjacent seeds give unrelated numbers.
        let random = SmallRng::seed_from_u64(run.seed.rotate_left(32) ^ number);
        let lane = usize::try_from(number).unwrap_or_default();
        Self { run: Arc::clone(run), lane, due, aborted: Arc::default(), random }
    }

    /// Is notified when the iteration is aborted: then it never continues and must be dropped.
    pub(crate) fn aborted(&self) -> Arc<Notify> {
        Arc::clone(&self.aborted)
    }

    pub(crate) async fn reserve(
        &mut self,
        session: &Session,
        event_id: Uuid,
        count: u32,
        expected: &[&str],
    ) -> Outcome {
        self.call(Operation::Reserve, session, Op::Reserve { event_id, count }, expected).await
    }

    pub(crate) async fn book(&mut self, session: &Session, tickets: &[Uuid], expected: &[&str]) -> Outcome {
        let op = Op::Book { ticket_ids: tickets.to_vec() };
        self.call(Operation::Book, session, op, expected).await
    }

    pub(crate) async fn cancel(
        &mut self,
        session: &Session,
        event_id: Uuid,
        count: u32,
        expected: &[&str],
    ) -> Outcome {
        self.call(Operation::Cancel, session, Op::Cancel { event_id, count }, expected).await
    }

    pub(crate) async fn read_event(&mut self, event_id: Uuid, expected: &[&str]) -> Outcome {
        let anonymous = self.run.gateway.anonymous();
        self.call(Operation::ReadEvent, &anonymous, Op::ReadEvent { event_id }, expected).await
    }

    pub(crate) async fn list_events(&mut self, query: &EventQuery) -> Option<Page> {
        let run = Arc::clone(&self.run);
        let mut page = None;
        let read = |answer: &RawAnswer| {
            page = serde_json::from_slice(&answer.body).ok();
            page.as_ref().map(|_| Response::Empty)
        };
        self.send(Operation::ListEvents, run.gateway.send(list_events(query).into_request()), read, &[])
            .await;
        page
    }

    /// Logs in, and discards the token.
    pub(crate) async fn log_in(&mut self, email: &str, password: &str, expected: &[&str]) -> Outcome {
        let run = Arc::clone(&self.run);
        let read = |answer: &RawAnswer| run.gateway.session_of(answer).map(|_| Response::Empty);
        self.send(Operation::LogIn, run.gateway.send_log_in(email, password), read, expected).await
    }

    /// Waits this long on average, but not at all when the run is over.
    pub(crate) async fn think(&mut self, mean: Duration) {
        if mean.is_zero() || self.run.is_over() {
            return;
        }
        let pause = exponential(&mut self.random, mean);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.run.over.cancelled() => {}
        }
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.random.random::<f64>() < share
    }

    /// A call that is recorded in the history.
    async fn call(&mut self, operation: Operation, session: &Session, op: Op, expected: &[&str]) -> Outcome {
        self.stop_if_aborted().await;
        let begun = Instant::now();
        let call = match self.run.repeats.filter(|_| operation.takes_a_key()) {
            Some(repeats) => {
                let goes_on = || !self.run.aborted.load(Ordering::Relaxed);
                repeats.call(session, op, goes_on).await.recorded()
            }
            None => session.call(op).await,
        };
        self.measure(operation, begun, &call.outcome, call.keyed.as_ref(), expected);
        match &self.run.recorder {
            Some(recorder) => {
                let outcome = call.outcome.clone();
                recorder.record(Line::Call(call)).await;
                outcome
            }
            None => {
                let Call { outcome, .. } = call;
                outcome
            }
        }
    }

    /// A call that is not recorded.
    async fn send(
        &mut self,
        operation: Operation,
        sending: impl Future<Output = Result<RawAnswer, RequestError>>,
        read: impl FnOnce(&RawAnswer) -> Option<Response>,
        expected: &[&str],
    ) -> Outcome {
        self.stop_if_aborted().await;
        let begun = Instant::now();
        let outcome = outcome(&sending.await, read);
        self.measure(operation, begun, &outcome, None, expected);
        outcome
    }

    /// Never returns if the iteration is aborted.
    async fn stop_if_aborted(&self) {
        if self.run.aborted.load(Ordering::Relaxed) {
            self.aborted.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn measure(
        &mut self,
        operation: Operation,
        begun: Instant,
        outcome: &Outcome,
        keyed: Option<&Keyed>,
        expected: &[&str],
    ) {
        let due = self.due.take().unwrap_or(begun);
        if due < self.run.measured_from {
            return;
        }
        let (latency, service) = (due.elapsed(), begun.elapsed());
        let verdict = Verdict::of(outcome, expected);
        let repeats = keyed.map_or(0, |keyed| keyed.tries.len().saturating_sub(1));
        let replayed = keyed.is_some_and(|keyed| keyed.replayed);
        let call = Measured { operation, outcome, verdict, latency, service, repeats, replayed };
        self.run.meter.record(self.lane, &call);
    }
}

pub(crate) struct RunSummary {
    pub(crate) started: u64,
    /// Iterations that were still open when the grace period was over.
    pub(crate) cut_short: usize,
    /// When the last iteration could begin.
    pub(crate) over_at: Instant,
}

/// What is needed of a page of events.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) next_time_to_fetch: i64,
    pub(crate) events: Vec<ListedEvent>,
}

#[derive(Deserialize)]
pub(crate) struct ListedEvent {
    pub(crate) id: Uuid,
    pub(crate) seat_count: u32,
    pub(crate) available_seats_count: u32,
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;
    use crate::client::Timeouts;

    fn run(url: &str, repeats: Option<Repeats>) -> Arc<Run> {
        Arc::new(Run {
            gateway: Gateway::new(url, Timeouts::default()).unwrap(),
            meter: Meter::new(1).unwrap(),
            recorder: None,
            repeats,
            seed: 0,
            measured_from: Instant::now(),
            over: CancellationToken::new(),
            aborted: AtomicBool::default(),
            open: AtomicUsize::new(1),
        })
    }

    #[tokio::test]
    async fn an_aborted_iteration_makes_no_more_calls() {
        let run = run("http://127.0.0.1:1", None);
        run.aborted.store(true, Ordering::Relaxed);
        let mut iteration = Iteration::new(&run, 0, None);
        let aborted = iteration.aborted();
        let all = EventQuery::default();
        tokio::select! {
            page = iteration.list_events(&all) => panic!("it made a call: {}", page.is_some()),
            () = aborted.notified() => {}
        }
        assert!(run.meter.totals().unwrap().operations.is_empty());
    }

    /// Loses the answer to the first request, and answers the second.
    fn forgetful_server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in ["", "HTTP/1.1 200 x\r\nidempotency-replayed: true\r\ncontent-length: 0\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4_096]).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn only_with_a_key_is_a_lost_call_sent_again_and_it_counts_once() {
        let repeats = Repeats { attempts_max: 2, pause: Duration::ZERO, patience: Duration::from_secs(60) };
        for (repeats, ok, again) in [(Some(repeats), 1, 1), (None, 0, 0)] {
            let run = run(&forgetful_server(), repeats);
            let mut iteration = Iteration::new(&run, 0, None);
            iteration.book(&run.gateway.anonymous(), &[Uuid::nil()], &[]).await;

            let totals = run.meter.totals().unwrap();
            let tally = &totals.operations[&Operation::Book];
            assert_eq!((tally.latency.len(), tally.ok), (1, ok), "keys: {}", repeats.is_some());
            assert_eq!((tally.repeats, tally.replayed), (again, again), "keys: {}", repeats.is_some());
        }
    }
}
