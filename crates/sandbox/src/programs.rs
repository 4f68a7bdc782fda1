//! Finds PostgreSQL and Valkey on this machine, or installs them where that is wanted.

mod install;
mod missing;
mod packages;
mod places;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use install::{Install, install_policy};
pub use missing::Missing;
pub use packages::install_packages;
use places::Places;

/// The oldest major versions that will do.
const POSTGRES_MAJOR_MIN: u32 = 15;
const VALKEY_MAJOR_MIN: u32 = 8;

/// Where the servers' programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder with `initdb`, `postgres` and `psql`.
    pub postgres_bin: PathBuf,
    /// The program `valkey-server`.
    pub valkey_server: PathBuf,
    /// The program `valkey-cli`; servers run without it, but cannot be asked to forget their data or form a cluster.
    pub valkey_cli: Option<PathBuf>,
}

/// Finds PostgreSQL 15 or newer and Valkey 8 or newer, or installs what is missing by apt where `install` allows it.
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
            && postgres_version(bin).is_some_and(|version| version.major >= POSTGRES_MAJOR_MIN)
    });
    let valkey_server = places
        .programs
        .iter()
        .map(|folder| folder.join("valkey-server"))
        .find(|program| version_of(program).is_some_and(|version| version.major >= VALKEY_MAJOR_MIN));
    let (Some(postgres_bin), Some(valkey_server)) = (postgres_bin, &valkey_server) else {
        return Err(Missing::new(postgres_bin.is_none(), valkey_server.is_none()));
    };
    let beside = valkey_server.parent().into_iter();
    let valkey_cli = beside
        .chain(places.programs.iter().map(PathBuf::as_path))
        .map(|folder| folder.join("valkey-cli"))
        .find(|program| program.is_file());
    Ok(Programs { postgres_bin: postgres_bin.clone(), valkey_server: valkey_server.clone(), valkey_cli })
}

/// A program's version, as it tells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u32,
    /// The whole line.
    pub(crate) text: String,
}

/// The version of the `postgres` in this folder.
pub(crate) fn postgres_version(bin: &Path) -> Option<Version> {
    version_of(&bin.join("postgres"))
}

fn version_of(program: &Path) -> Option<Version> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(String::from_utf8_lossy(&output.stdout).trim())
}

/// Reads `postgres (PostgreSQL) 15.14 (Debian …)` and `Valkey server v=8.1.1 sha=…`: the first number is the major.
fn parse_version(text: &str) -> Option<Version> {
    let number = text.split(|it: char| !it.is_ascii_digit()).find(|it| !it.is_empty())?;
    Some(Version { major: number.parse().ok()?, text: text.to_owned() })
}

#[cfg(test)]
mod tests;
