//! Runs a process under a small shell script that ends it on our command, or when we are gone, even after `kill -9`.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::home::Home;

const SCRIPT: &str = include_str!("supervise.sh");
const POLL: Duration = Duration::from_millis(10);
const TAIL_LINES: usize = 12;
/// How long a folder may still be in use by the server of an owner that has just exited.
const FOLDER_BUSY_MAX: Duration = Duration::from_secs(10);

/// The signals that end a kind of process, as `kill -s` names them.
#[derive(Debug)]
pub struct Signals {
    /// Ends it gracefully.
    pub stop: &'static str,
    /// Ends it at once.
    pub kill: &'static str,
    /// Seconds from either of them until a KILL.
    pub grace_seconds: u32,
}

/// A running process. Dropping it stops the process and waits until it has exited.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Child,
    /// Commands to the script. When it is closed, the script knows that its owner is gone.
    control: Option<ChildStdin>,
    server_pid: u32,
    log: PathBuf,
    log_start_bytes: u64,
}

impl Supervised {
    /// Starts `command` with our account, in an environment that `configure` may change, with its output in `log`.
    ///
    /// # Errors
    ///
    /// If the log cannot be written, or a process that still runs uses it. A command that cannot be executed is no error
    /// here: it exits early, with the reason in its log.
    pub fn run(
        log: &Path,
        signals: &Signals,
        command: &[OsString],
        configure: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mut shell = Command::new("/bin/sh");
        configure(&mut shell);
        Self::spawn(shell, log.to_owned(), Path::new(""), signals, command)
    }

    /// Starts `command` with the account of `home`, with its output in `server.log` there.
    pub(crate) fn start(home: &Home, signals: &Signals, command: &[OsString]) -> Result<Self> {
        let mut shell = home.account.command("/bin/sh");
        shell.current_dir(&home.path);
        let to_remove = home.to_remove().unwrap_or(Path::new(""));
        Self::spawn(shell, home.path.join("server.log"), to_remove, signals, command)
    }

    fn spawn(
        mut shell: Command,
        log: PathBuf,
        to_remove: &Path,
        signals: &Signals,
        command: &[OsString],
    ) -> Result<Self> {
        let output = lock(&log)?;
        let log_start_bytes = output.metadata().context("the log has no size")?.len();
        shell.args(["-c", SCRIPT, "supervise.sh", signals.stop, signals.kill]);
        shell.arg(signals.grace_seconds.to_string()).arg(to_remove).args(command);
        // In another process group, so that Ctrl-C in the terminal reaches only us; we then stop the server.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(output);
        let mut supervisor = shell.spawn().context("cannot run /bin/sh")?;
        let control = supervisor.stdin.take();
        let mut first_line = String::new();
        if let Some(stdout) = supervisor.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut first_line)
                .context("the server's supervisor does not answer")?;
        }
        let server_pid = first_line.trim().parse().context("the server's supervisor did not start")?;
        Ok(Self { supervisor, control, server_pid, log, log_start_bytes })
    }

    /// Waits until `is_ready`.
    ///
    /// # Errors
    ///
    /// If the process exits before that or the time is over; with the end of its log.
    pub(crate) fn await_ready(&mut self, within: Duration, is_ready: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + within;
        while !is_ready(self) {
            if self.has_ended() {
                bail!("the server ended while starting; {}:\n{}", self.log.display(), self.log_tail());
            }
            if Instant::now() > deadline {
                bail!(
                    "the server is not ready after {within:?}; {}:\n{}",
                    self.log.display(),
                    self.log_tail()
                );
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// The id of the process itself, not of its supervisor.
    #[must_use]
    pub fn server_pid(&self) -> u32 {
        self.server_pid
    }

    /// Whether the process has exited on its own.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// What the process has written since this start.
    #[must_use]
    pub fn log_text(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut log) = File::open(&self.log)
            && log.seek(SeekFrom::Start(self.log_start_bytes)).is_ok()
            && log.read_to_end(&mut bytes).is_ok()
        {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        String::new()
    }

    /// Ends the process at once, as a crash would.
    pub fn kill(mut self) {
        self.end("kill");
    }

    fn end(&mut self, command: &str) {
        if let Some(mut control) = self.control.take() {
            // A supervisor that has exited already needs no command.
            let _ = writeln!(control, "{command}");
            let _ = self.supervisor.wait();
        }
    }

    /// The last lines that the process has written since this start.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end("stop");
    }
}

/// Opens and locks the log. The server inherits the open file, and the lock with it, so that no second server can start
/// in a folder while any process of the first one lives.
fn lock(log: &Path) -> Result<File> {
    let name = || format!("cannot open {}", log.display());
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(log).with_context(name)?;
    let deadline = Instant::now() + FOLDER_BUSY_MAX;
    while file.try_lock().is_err() {
        if Instant::now() > deadline {
            bail!("another server is running in {}", log.parent().unwrap_or(log).display());
        }
        sleep(POLL);
    }
    Ok(file)
}
