//! One running process of a service, as a person or a test holds it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use booked_sandbox::{Signals, Supervised};
use rustix::process::{Pid, Signal, kill_process};
use ureq::Agent;

use crate::{
    Service,
    environment::{Environment, Seat},
};

/// The grace is longer than a service's own time limit for draining.
const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 15 };
const READY_WITHIN: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
const READY_ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Settings that would contradict ours, where somebody has them in their environment.
const TWINS: [&str; 2] = ["DATABASE_URL_FILE", "INTERNAL_CREDENTIAL"];

/// A process of one of the five. Its ports stay the same however often it is started.
pub struct Process {
    seat: Seat,
    program: PathBuf,
    environment: Environment,
    log: PathBuf,
    /// Absent where it was ended on purpose.
    running: Mutex<Option<Supervised>>,
}

/// How a process is on the way to serving.
pub enum Start {
    Ready,
    Starting,
    /// It ended; its last words.
    Failed(String),
}

impl Process {
    pub(crate) fn new(seat: Seat, program: &Path, environment: Environment, log: PathBuf) -> Self {
        Self { seat, program: program.to_owned(), environment, log, running: Mutex::new(None) }
    }

    /// `ticketing-1`.
    #[must_use]
    pub fn name(&self) -> String {
        self.seat.name()
    }

    /// Which of the five it is.
    #[must_use]
    pub fn service(&self) -> Service {
        self.seat.service
    }

    /// Where it serves traffic.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.seat.ports.traffic_address())
    }

    /// Where it serves `/livez`, `/readyz` and `/metrics`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.seat.ports.admin_address())
    }

    /// The file that its output is added to.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The process id, where it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Supervised::server_pid)
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&self) {
        if let Some(running) = self.lock().take() {
            running.kill();
        }
    }

    /// Ends it in good order: requests under way finish.
    pub fn stop(&self) {
        // One that stands still could not hear of it.
        let _ = self.resume();
        drop(self.lock().take());
    }

    /// Makes it stand still between two of its instructions.
    ///
    /// # Errors
    ///
    /// Where it does not run.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// Where it does not run.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Starts it again, after stopping it where it runs, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// With its last words, where it ends instead or takes too long.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        self.start()?;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            match self.look() {
                Start::Ready => return Ok(()),
                Start::Failed(words) => bail!("{} ended while starting:\n{words}", self.name()),
                Start::Starting if Instant::now() > deadline => {
                    bail!("{} is not ready after {READY_WITHIN:?}; see {}", self.name(), self.log.display())
                }
                Start::Starting => sleep(READY_POLL),
            }
        }
    }

    /// Starts it and does not wait.
    pub fn start(&self) -> Result<()> {
        let command: [OsString; 2] = [self.program.clone().into(), "serve".into()];
        let started = Supervised::run(&self.log, &SIGNALS, &command, |shell| {
            for twin in TWINS {
                shell.env_remove(twin);
            }
            shell.envs(self.environment.iter().map(|(name, value)| (name, value)));
        });
        *self.lock() = Some(started.with_context(|| format!("{} cannot be started", self.name()))?);
        Ok(())
    }

    /// Whether it ended though nobody asked it to.
    pub fn has_crashed(&self) -> bool {
        self.lock().as_mut().is_some_and(Supervised::has_ended)
    }

    pub fn look(&self) -> Start {
        if let Some(running) = self.lock().as_mut()
            && running.has_ended()
        {
            return Start::Failed(running.last_words());
        }
        if self.is_ready() { Start::Ready } else { Start::Starting }
    }

    fn is_ready(&self) -> bool {
        let agent: Agent = Agent::config_builder().timeout_global(Some(READY_ANSWER_WITHIN)).build().into();
        agent.get(format!("{}/readyz", self.admin_url())).call().is_ok()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid().with_context(|| format!("{} does not run", self.name()))?;
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("no such process id")?;
        kill_process(pid, signal).with_context(|| format!("{} cannot be signalled", self.name()))
    }

    /// A test that failed while it held the lock has left the process in one of its states.
    fn lock(&self) -> MutexGuard<'_, Option<Supervised>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
