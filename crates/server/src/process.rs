//! From the first line of `main` to the exit code.

use std::{future::Future, process::ExitCode, sync::mpsc::channel, thread, time::Duration};

use booked_telemetry::{LogFormat, Metrics, Telemetry};
use tokio::runtime::Builder;

use crate::allocator::disable_huge_pages;

/// How long writing the last messages may take if nobody reads them.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Threads for database calls, jobs and detached work; the HTTP workers are threads of their own.
const RUNTIME_THREADS: usize = 2;

/// An operator's command was understood, but is refused in the current situation: nothing was changed. The process
/// ends with [`Rejected::EXIT_CODE`], so that scripts can tell this from a failure.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);

impl Rejected {
    /// 1 is a failure and 2 a mistake on the command line.
    pub const EXIT_CODE: u8 = 3;
}

/// Runs a command of a service to its end: starts logs and telemetry, runs the command on a runtime of several
/// threads, flushes telemetry however the command ended, and prints on standard error what went wrong.
pub fn run<F>(service: &'static str, log_format: LogFormat, command: impl FnOnce(Metrics) -> F) -> ExitCode
where
    F: Future<Output = anyhow::Result<()>>,
{
    disable_huge_pages();
    match start(service, log_format, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(service, &error);
            if error.is::<Rejected>() { ExitCode::from(Rejected::EXIT_CODE) } else { ExitCode::FAILURE }
        }
    }
}

fn start<F>(
    service: &'static str,
    log_format: LogFormat,
    command: impl FnOnce(Metrics) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let telemetry = Telemetry::start(service, log_format)?;
    telemetry.tell_panics();
    let runtime = Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).enable_all().build()?;
    let result = runtime.block_on(command(telemetry.metrics()));
    telemetry.flush();
    result
}

/// Prints to standard error if somebody reads it; otherwise the process ends all the same.
#[expect(clippy::print_stderr, reason = "the log may not have started, and the operator must be told")]
fn say(service: &str, error: &anyhow::Error) {
    let words = format!("{service}: {error:#}");
    let (done, said) = channel();
    thread::spawn(move || {
        eprintln!("{words}");
        let _ = done.send(());
    });
    let _ = said.recv_timeout(LAST_WORDS);
}
