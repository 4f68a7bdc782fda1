//! Runs a process under a small shell script that ends it when we say so, or when we are gone, even by `kill -9`.

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
/// How long a folder may still be busy with the server of an owner that has just gone.
const FOLDER_BUSY_MAX: Duration = Duration::from_secs(10);

/// How a kind of process is ended, in the names of `kill -s`.
#[derive(Debug)]
pub struct Signals {
    /// Ends it in good order.
    pub stop: &'static str,
    /// Ends it at once.
    pub kill: &'static str,
    /// Seconds from either of them to a KILL.
    pub grace_seconds: u32,
}

/// A running process. Dropping it stops the process and waits for its end.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Child,
    /// Closing it is what tells the script that its owner is gone.
    words: Option<ChildStdin>,
    server_pid: u32,
    log: PathBuf,
    log_start_bytes: u64,
}

impl Supervised {
    /// Starts `command` as ourselves, in an environment that `configure` may change, with its output in `log`.
    ///
    /// # Errors
    ///
    /// Where the log cannot be written, or belongs to a process that still runs. Whether the command itself can be run
    /// shows in its log and its early end.
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

    /// Starts `command` as the home's account, with its output in `server.log` there.
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
        // A process group of its own: Ctrl-C in the terminal is for us, and we then stop the server.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(output);
        let mut supervisor = shell.spawn().context("cannot run /bin/sh")?;
        let words = supervisor.stdin.take();
        let mut first_line = String::new();
        if let Some(stdout) = supervisor.stdout.take() {
            BufReader::new(stdout).read_line(&mut first_line).context("the server's supervisor is silent")?;
        }
        let server_pid = first_line.trim().parse().context("the server's supervisor did not start")?;
        Ok(Self { supervisor, words, server_pid, log, log_start_bytes })
    }

    /// Waits until `is_ready` says so.
    ///
    /// # Errors
    ///
    /// With the server's last words, where it ends before or takes longer than `patience`.
    pub(crate) fn await_ready(&mut self, patience: Duration, is_ready: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + patience;
        while !is_ready(self) {
            if self.has_ended() {
                bail!("the server ended while starting; {}:\n{}", self.log.display(), self.last_words());
            }
            if Instant::now() > deadline {
                bail!(
                    "the server is not ready after {patience:?}; {}:\n{}",
                    self.log.display(),
                    self.last_words()
                );
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// The process' own id, not its supervisor's.
    #[must_use]
    pub fn server_pid(&self) -> u32 {
        self.server_pid
    }

    /// Whether the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// What the process wrote since this start.
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
        self.end("kill\n");
    }

    fn end(&mut self, word: &str) {
        if let Some(mut words) = self.words.take() {
            // A supervisor that is gone already needs no word.
            let _ = words.write_all(word.as_bytes());
            let _ = self.supervisor.wait();
        }
    }

    /// The last lines that the process wrote since this start.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end("stop\n");
    }
}

/// Opens the log and locks it. The server inherits the open file and with it the lock, so that no second server can
/// start in a folder while any process of the first one lives.
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
