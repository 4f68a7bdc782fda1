//! A process of a service that can be started, paused, stopped and killed.

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

use crate::{Service, environment::Environment, instance::Instance};

/// The grace period is longer than a service's own timeout for draining.
const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 15 };
const READY_WITHIN: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
const READY_ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Settings that would contradict ours if the user has them in their environment.
const CONFLICTING: [&str; 2] = ["DATABASE_URL_FILE", "INTERNAL_CREDENTIAL"];

/// Its ports stay the same however often it is restarted.
pub struct Process {
    instance: Instance,
    program: PathBuf,
    environment: Environment,
    log: PathBuf,
    /// None if it was ended on purpose.
    running: Mutex<Option<Supervised>>,
}

pub enum Readiness {
    Ready,
    Starting,
    /// It exited; the end of its log.
    Failed(String),
}

impl Process {
    pub(crate) fn new(instance: Instance, program: &Path, environment: Environment, log: PathBuf) -> Self {
        Self { instance, program: program.to_owned(), environment, log, running: Mutex::new(None) }
    }

    /// `ticketing-1`.
    #[must_use]
    pub fn name(&self) -> String {
        self.instance.name()
    }

    #[must_use]
    pub fn service(&self) -> Service {
        self.instance.service
    }

    /// For traffic.
    #[must_use]
    pub fn url(&self) -> String {
        self.instance.url()
    }

    /// For `/livez`, `/readyz` and `/metrics`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.instance.admin_url()
    }

    /// The file to which its output is appended.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// None if it does not run.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Supervised::server_pid)
    }

    /// Kills it at once, as a crash would.
    pub fn kill(&self) {
        if let Some(running) = self.lock().take() {
            running.kill();
        }
    }

    /// Stops it gracefully: requests in flight finish.
    pub fn stop(&self) {
        // A paused process would not receive the signal.
        let _ = self.resume();
        drop(self.lock().take());
    }

    /// Freezes it between two of its instructions.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Stops it if it runs, starts it, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If it exits, then with the end of its log, or is not ready in time.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        self.start()?;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            match self.readiness() {
                Readiness::Ready => return Ok(()),
                Readiness::Failed(log) => bail!("{} ended while starting:\n{log}", self.name()),
                Readiness::Starting if Instant::now() > deadline => {
                    bail!("{} is not ready after {READY_WITHIN:?}; see {}", self.name(), self.log.display())
                }
                Readiness::Starting => sleep(READY_POLL),
            }
        }
    }

    /// Starts it without waiting until it is ready.
    pub fn start(&self) -> Result<()> {
        let command: [OsString; 2] = [self.program.clone().into(), "serve".into()];
        let started = Supervised::run(&self.log, &SIGNALS, &command, |shell| {
            for name in CONFLICTING {
                shell.env_remove(name);
            }
            shell.envs(self.environment.iter().map(|(name, value)| (name, value)));
        });
        *self.lock() = Some(started.with_context(|| format!("{} cannot be started", self.name()))?);
        Ok(())
    }

    /// Whether it exited though it was neither stopped nor killed.
    pub fn has_crashed(&self) -> bool {
        self.lock().as_mut().is_some_and(Supervised::has_ended)
    }

    pub fn readiness(&self) -> Readiness {
        if let Some(running) = self.lock().as_mut()
            && running.has_ended()
        {
            return Readiness::Failed(running.log_tail());
        }
        if self.is_ready() { Readiness::Ready } else { Readiness::Starting }
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

    /// A test that panicked while it held the lock has left the process running or not, and both are valid.
    fn lock(&self) -> MutexGuard<'_, Option<Supervised>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
