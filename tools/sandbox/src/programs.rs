//! Finds PostgreSQL and Valkey (or Redis) on this machine, or installs them where that is wanted.

mod install;
mod missing;
mod packages;
mod places;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub use install::{Install, install_policy};
pub use missing::Missing;
pub use packages::install_packages;
use places::Places;

/// The oldest versions that will do, major and minor.
const POSTGRES_MIN: (u32, u32) = (15, 0);
const VALKEY_MIN: (u32, u32) = (7, 2);
const REDIS_MIN: (u32, u32) = (7, 0);
/// Names the server that is to be used as Valkey, instead of looking for one.
const CHOSEN_VALKEY: &str = "BOOKED_VALKEY_SERVER";

/// Where the servers' programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder with `initdb`, `postgres` and `psql`.
    pub postgres_bin: PathBuf,
    /// The program `valkey-server`, or `redis-server`, which does the same.
    pub valkey_server: PathBuf,
    /// The program `valkey-cli`, or `redis-cli`; servers run without it, but cannot be asked to forget their data or form a cluster.
    pub valkey_cli: Option<PathBuf>,
}

/// Finds PostgreSQL 15 and Valkey 7.2 (or Redis 7.0) or newer, or installs what is missing by apt where `install` allows
/// it. Valkey is preferred to Redis; the program that `BOOKED_VALKEY_SERVER` names, to both.
///
/// # Errors
///
/// [`Missing`], whose text is all that a person needs to read.
pub fn programs(install: Install) -> Result<Programs, Missing> {
    match find(&Places::of_this_machine()) {
        Ok(programs) => Ok(programs),
        Err(missing) => {
            install::install(install, &missing)?;
            // The folders of what was installed were not there before.
            find(&Places::of_this_machine()).map_err(|missing| missing.because("apt did not bring it"))
        }
    }
}

fn find(places: &Places) -> Result<Programs, Missing> {
    let postgres_bin = places.postgres.iter().find(|bin| {
        bin.join("initdb").is_file()
            && bin.join("psql").is_file()
            && postgres_version(bin).is_some_and(|version| version.is_at_least(POSTGRES_MIN))
    });
    let valkey_server = valkey_server(places);
    let (Some(postgres_bin), Some(valkey_server)) = (postgres_bin, &valkey_server) else {
        return Err(Missing::new(postgres_bin.is_none(), valkey_server.is_none()));
    };
    let beside = valkey_server.parent().into_iter();
    // Either speaks with either.
    let valkey_cli = beside
        .chain(places.programs.iter().map(PathBuf::as_path))
        .flat_map(|folder| ["valkey-cli", "redis-cli"].map(|name| folder.join(name)))
        .find(|program| program.is_file());
    Ok(Programs { postgres_bin: postgres_bin.clone(), valkey_server: valkey_server.clone(), valkey_cli })
}

fn valkey_server(places: &Places) -> Option<PathBuf> {
    let does = |program: &PathBuf| version_of(program).is_some_and(|version| version.does_as_valkey());
    if let Some(chosen) = &places.chosen_valkey {
        return Some(chosen.clone()).filter(does);
    }
    let called = |name: &str| places.programs.iter().map(|folder| folder.join(name)).find(does);
    called("valkey-server").or_else(|| called("redis-server"))
}

/// A program's version, as it tells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    minor: u32,
    /// The whole line.
    pub(crate) text: String,
}

impl Version {
    fn is_at_least(&self, (major, minor): (u32, u32)) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Both say what they are, whatever their files are called.
    fn does_as_valkey(&self) -> bool {
        self.is_at_least(if self.text.starts_with("Redis") { REDIS_MIN } else { VALKEY_MIN })
    }
}

/// The version of the `postgres` in this folder.
pub(crate) fn postgres_version(bin: &Path) -> Option<Version> {
    version_of(&bin.join("postgres"))
}

fn version_of(program: &Path) -> Option<Version> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(String::from_utf8_lossy(&output.stdout).trim())
}

/// Reads `postgres (PostgreSQL) 15.14 (Debian …)`, `Valkey server v=8.1.1 sha=…` and `Redis server v=7.0.15 sha=…`: the
/// first number is the major, the next one the minor.
fn parse_version(text: &str) -> Option<Version> {
    let mut numbers = text.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|number| number.parse().ok()).unwrap_or_default();
    Some(Version { major, minor, text: text.to_owned() })
}

#[cfg(test)]
mod tests;
