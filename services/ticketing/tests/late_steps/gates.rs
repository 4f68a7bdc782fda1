//! Where a replica's steps can be stopped, lost or sent late. A step is one call of a port; the gates stand before it.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use booked_failure::Failure;
use tokio::{sync::oneshot, time::timeout};

/// How long a test waits for a step before it says which one never came.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Claim,
    Finish,
    RestoreHold,
    ClaimSold,
    Settle,
    Repair,
    AcquireLoad,
    Publish,
    Follow,
    NoteTickets,
    Book,
    Void,
    Cancel,
    Snapshot,
    SoldAmong,
}

/// A replica's gates; all are open until a test shuts one, and one that was passed is open again.
#[derive(Default)]
pub(crate) struct Gates {
    shut: Mutex<Vec<(Step, Shut)>>,
    came: Mutex<Vec<Step>>,
}

enum Shut {
    /// The process stops before the step and goes on when it is told.
    Stop { reached: oneshot::Sender<()>, go_on: oneshot::Receiver<()> },
    /// The step is done, and its answer is lost.
    AnswerLost,
    /// The step fails, and surely nothing is done.
    Fails,
    /// The answer is lost; the step itself is on its way and comes when it is told.
    Loose { go_on: oneshot::Receiver<()>, came: oneshot::Sender<String> },
}

/// A process that stops before a step.
pub(crate) struct Stopped {
    step: Step,
    reached: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

/// A step of which nobody heard, and that is still on its way.
pub(crate) struct Loose {
    go_on: oneshot::Sender<()>,
    came: oneshot::Receiver<String>,
}

impl Gates {
    /// The next time that the replica comes to this step, it stops there.
    pub(crate) fn stop_before(&self, step: Step) -> Stopped {
        let ((reached, was_reached), (go_on, goes_on)) = (oneshot::channel(), oneshot::channel());
        self.shut(step, Shut::Stop { reached, go_on: goes_on });
        Stopped { step, reached: was_reached, go_on }
    }

    /// The next time, the step is done and nobody hears of it.
    pub(crate) fn lose_the_answer_of(&self, step: Step) {
        self.shut(step, Shut::AnswerLost);
    }

    /// The next time, the step surely fails.
    pub(crate) fn fail(&self, step: Step) {
        self.shut(step, Shut::Fails);
    }

    /// The next time, nobody hears of the step, and it comes when it is told.
    pub(crate) fn let_loose(&self, step: Step) -> Loose {
        let ((go_on, goes_on), (came, has_come)) = (oneshot::channel(), oneshot::channel());
        self.shut(step, Shut::Loose { go_on: goes_on, came });
        Loose { go_on, came: has_come }
    }

    fn shut(&self, step: Step, how: Shut) {
        self.shut.lock().unwrap().push((step, how));
    }

    /// How often the replica came to this step.
    pub(crate) fn times(&self, step: Step) -> usize {
        self.came.lock().unwrap().iter().filter(|came| **came == step).count()
    }

    fn next(&self, step: Step) -> Option<Shut> {
        self.came.lock().unwrap().push(step);
        let mut shut = self.shut.lock().unwrap();
        let index = shut.iter().position(|(at, _)| *at == step)?;
        Some(shut.remove(index).1)
    }

    /// Passes the gate before a step of Valkey.
    pub(crate) async fn pass(&self, step: Step) {
        match self.next(step) {
            None => {}
            Some(Shut::Stop { reached, go_on }) => stop(reached, go_on).await,
            Some(_) => panic!("{step:?} can only be stopped"),
        }
    }

    /// Takes a step of Postgres, as the gate before it lets it.
    pub(crate) async fn take<T: std::fmt::Debug + Send + 'static>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let lost = || Err(Failure::unknown("Postgres", "the answer was lost, as the test wants it"));
        match self.next(step) {
            None => work.await,
            Some(Shut::Stop { reached, go_on }) => {
                stop(reached, go_on).await;
                work.await
            }
            Some(Shut::AnswerLost) => {
                work.await.unwrap();
                lost()
            }
            Some(Shut::Fails) => Err(Failure::not_done("Postgres", "it is away, as the test wants it")),
            Some(Shut::Loose { go_on, came }) => {
                tokio::spawn(async move {
                    if go_on.await.is_ok() {
                        let _ = came.send(format!("{:?}", work.await));
                    }
                });
                lost()
            }
        }
    }
}

async fn stop(reached: oneshot::Sender<()>, go_on: oneshot::Receiver<()>) {
    let _ = reached.send(());
    // Where the test has ended, the process stops for good.
    if go_on.await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Stopped {
    /// Waits until the process stands there.
    pub(crate) async fn reached(mut self) -> Self {
        let reached = timeout(PATIENCE, &mut self.reached).await;
        assert!(matches!(reached, Ok(Ok(()))), "nobody came to {:?}", self.step);
        self
    }

    pub(crate) fn go_on(self) {
        assert!(self.go_on.send(()).is_ok(), "whoever stood before {:?} is gone", self.step);
    }
}

impl Loose {
    /// The step comes at last; says what came of it.
    pub(crate) async fn come(self) -> String {
        assert!(self.go_on.send(()).is_ok(), "it was never sent");
        timeout(PATIENCE, self.came).await.expect("it comes").unwrap()
    }
}

/// Several replicas' gates.
pub(crate) type SharedGates = Arc<Gates>;
