//! Installs PostgreSQL and Valkey (or Redis), or other packages, by apt if that is allowed.

use std::{
    io::{BufRead, IsTerminal, Write, stderr, stdin},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::anyhow;

use super::{
    missing::Missing,
    version::{POSTGRES_MIN, REDIS_MIN, VALKEY_MIN},
};
use crate::account::is_root;

const SCRIPT: &str = include_str!("install_by_apt.sh");
/// How many lines of a failed installation's output are shown.
const OUTPUT_LINES: usize = 15;

/// Whether missing programs may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// Only tell what to type.
    Never,
    /// Ask at the terminal.
    Ask,
    /// Install without asking.
    Yes,
}

/// The policy for this process: `BOOKED_INSTALL=1` allows installing and `BOOKED_INSTALL=0` forbids it. Otherwise it
/// asks at a terminal; without one, root installs and other users do not.
#[must_use]
pub fn install_policy() -> Install {
    let requested = std::env::var("BOOKED_INSTALL").ok();
    decide(requested.as_deref(), stdin().is_terminal() && stderr().is_terminal(), is_root())
}

pub(super) fn decide(requested: Option<&str>, terminal: bool, root: bool) -> Install {
    match (requested, terminal, root) {
        (Some("1"), _, _) => Install::Yes,
        (Some("0"), _, _) => Install::Never,
        (_, true, _) => Install::Ask,
        (_, false, true) => Install::Yes,
        (_, false, false) => Install::Never,
    }
}

/// Installs what is missing, or returns it with the reason why it could not be installed.
pub(super) fn install_servers(policy: Install, missing: &Missing) -> Result<(), Missing> {
    let what = missing.what();
    if !is_allowed(policy, &what) {
        return Err(missing.clone());
    }
    let oldest = [POSTGRES_MIN, VALKEY_MIN, REDIS_MIN].map(debian_version);
    install(policy, &what, "servers", &oldest).map_err(|error| missing.because(error.to_string()))
}

/// Installs these Debian packages without starting any of their services.
///
/// # Errors
///
/// If that is not allowed, or fails.
pub fn install_packages(policy: Install, packages: &[&str]) -> anyhow::Result<()> {
    let what = packages.join(" ");
    if !is_allowed(policy, &what) {
        return Err(anyhow!("not installed: {what}"));
    }
    install(policy, &what, "packages", packages)
        .map_err(|error| error.context(format!("installing {what} failed")))
}

/// Asks the user if necessary.
fn is_allowed(policy: Install, what: &str) -> bool {
    let allow = || match policy {
        Install::Never => false,
        Install::Ask => ask(what),
        Install::Yes => true,
    };
    Path::new("/usr/bin/apt-get").exists() && allow()
}

/// Runs the script as root. Other users need sudo, which may ask for a password only if somebody is at the terminal.
fn install(policy: Install, what: &str, subcommand: &str, args: &[impl AsRef<str>]) -> anyhow::Result<()> {
    print(&format!("Installing {what} by apt; this may take a minute.\n"));
    let mut command = if is_root() { Command::new("/bin/sh") } else { Command::new("sudo") };
    if !is_root() {
        command.args(if policy == Install::Ask { &["/bin/sh"][..] } else { &["-n", "/bin/sh"] });
    }
    command.args(["-c", SCRIPT, "install_by_apt.sh", subcommand]).args(args.iter().map(AsRef::as_ref));
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    Err(anyhow!(lines[lines.len().saturating_sub(OUTPUT_LINES)..].join("\n")))
}

/// A version as Debian compares it: its PostgreSQL 15 is 15+248, which sorts before 15.0.
pub(super) fn debian_version((major, minor): (u32, u32)) -> String {
    match minor {
        0 => major.to_string(),
        minor => format!("{major}.{minor}"),
    }
}

fn ask(what: &str) -> bool {
    print(&format!("Not found: {what}. Install by apt now? [y/N] "));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn print(text: &str) {
    // A closed standard error is no reason to stop.
    let _ = stderr().write_all(text.as_bytes());
}
