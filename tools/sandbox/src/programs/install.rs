//! Installs PostgreSQL and Valkey (or Redis) by apt, where that is allowed.

use std::{
    io::{BufRead, IsTerminal, Write, stderr, stdin},
    path::Path,
    process::{Command, Stdio},
};

use super::{Missing, POSTGRES_MIN, REDIS_MIN, VALKEY_MIN};
use crate::account::is_root;

const SCRIPT: &str = include_str!("install_by_apt.sh");
const LAST_LINES: usize = 15;

/// Whether missing programs may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// Only say what to type.
    Never,
    /// Ask at the terminal.
    Ask,
    /// Install without asking.
    Yes,
}

/// What fits this process: `BOOKED_INSTALL=1` allows it and `BOOKED_INSTALL=0` forbids it; else a terminal is asked,
/// and without one root installs and others do not.
#[must_use]
pub fn install_policy() -> Install {
    let wish = std::env::var("BOOKED_INSTALL").ok();
    decide(wish.as_deref(), stdin().is_terminal() && stderr().is_terminal(), is_root())
}

pub(super) fn decide(wish: Option<&str>, terminal: bool, root: bool) -> Install {
    match (wish, terminal, root) {
        (Some("1"), _, _) => Install::Yes,
        (Some("0"), _, _) => Install::Never,
        (_, true, _) => Install::Ask,
        (_, false, true) => Install::Yes,
        (_, false, false) => Install::Never,
    }
}

/// Installs what is missing, or says why not.
pub(super) fn install(policy: Install, missing: &Missing) -> Result<(), Missing> {
    let allowed = Path::new("/usr/bin/apt-get").exists()
        && match policy {
            Install::Never => false,
            Install::Ask => ask(&missing.what()),
            Install::Yes => true,
        };
    if !allowed {
        return Err(missing.clone());
    }
    tell(&format!("Installing {} by apt; this may take a minute.\n", missing.what()));
    let output = command(policy).output().map_err(|error| missing.because(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    Err(missing.because(lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")))
}

/// The script as root; others need sudo, which may ask for a password only where somebody is there.
fn command(policy: Install) -> Command {
    let mut command = if is_root() { Command::new("/bin/sh") } else { Command::new("sudo") };
    if !is_root() {
        command.args(if policy == Install::Ask { &["/bin/sh"][..] } else { &["-n", "/bin/sh"] });
    }
    command.args(["-c", SCRIPT, "install_by_apt.sh"]).stdin(Stdio::null());
    command.args([POSTGRES_MIN, VALKEY_MIN, REDIS_MIN].map(least_of_debian));
    command
}

/// A least version as Debian compares versions: its PostgreSQL 15 is 15+248, which comes before 15.0.
pub(super) fn least_of_debian((major, minor): (u32, u32)) -> String {
    match minor {
        0 => major.to_string(),
        minor => format!("{major}.{minor}"),
    }
}

pub(super) fn ask(what: &str) -> bool {
    tell(&format!("Not found: {what}. Install by apt now? [y/N] "));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

pub(super) fn tell(text: &str) {
    // A closed standard error is no reason not to go on.
    let _ = stderr().write_all(text.as_bytes());
}
