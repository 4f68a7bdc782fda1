//! Versions of the servers' programs, and the oldest that are supported.

use std::{path::Path, process::Command};

/// The oldest supported versions, major and minor.
pub(super) const POSTGRES_MIN: (u32, u32) = (15, 0);
pub(super) const VALKEY_MIN: (u32, u32) = (7, 2);
pub(super) const REDIS_MIN: (u32, u32) = (7, 0);

/// A version as the program reports it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    minor: u32,
    /// The whole line.
    pub(crate) text: String,
}

impl Version {
    pub(super) fn is_at_least(&self, (major, minor): (u32, u32)) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Of a `valkey-server` or a `redis-server`: each reports which of them it is, whatever its file is called.
    pub(super) fn is_supported_valkey(&self) -> bool {
        self.is_at_least(if self.text.starts_with("Redis") { REDIS_MIN } else { VALKEY_MIN })
    }
}

/// The version of the `postgres` in this folder.
pub(crate) fn postgres_version(bin: &Path) -> Option<Version> {
    version_of(&bin.join("postgres"))
}

pub(super) fn version_of(program: &Path) -> Option<Version> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse(String::from_utf8_lossy(&output.stdout).trim())
}

/// Reads `postgres (PostgreSQL) 15.14 (Debian …)`, `Valkey server v=8.1.1 sha=…` and `Redis server v=7.0.15 sha=…`: the
/// first number is the major version, the second one the minor.
fn parse(text: &str) -> Option<Version> {
    let mut numbers = text.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|number| number.parse().ok()).unwrap_or_default();
    Some(Version { major, minor, text: text.to_owned() })
}
