//! Installs further packages by apt, where that is allowed: what measures the servers, say.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use super::install::{Install, ask, tell};
use crate::account::is_root;

const SCRIPT: &str = include_str!("install_packages_by_apt.sh");

/// Installs these packages of Debian, none of whose services is started.
///
/// # Errors
///
/// Where that is not allowed or not possible, in words for a person.
pub fn install_packages(policy: Install, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let allowed = Path::new("/usr/bin/apt-get").exists()
        && match policy {
            Install::Never => false,
            Install::Ask => ask(&names),
            Install::Yes => true,
        };
    if !allowed {
        bail!("not installed: {names}");
    }
    tell(&format!("Installing {names} by apt; this may take a minute.\n"));
    let mut command = Command::new(if is_root() { "/bin/sh" } else { "sudo" });
    if !is_root() {
        command.args(if policy == Install::Ask { &["/bin/sh"][..] } else { &["-n", "/bin/sh"] });
    }
    command.args(["-c", SCRIPT, "install_packages_by_apt.sh"]).args(packages).stdin(Stdio::null());
    let output = command.output().context("cannot run apt")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "installing {names} failed: {}", said.trim());
    Ok(())
}
