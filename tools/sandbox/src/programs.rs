//! Finds PostgreSQL and Valkey (or Redis) on this machine, or installs them if that is allowed.

mod install;
mod missing;
mod search_paths;
mod version;

use std::path::PathBuf;

pub use install::{Install, install_packages, install_policy};
pub use missing::Missing;
use search_paths::SearchPaths;
pub(crate) use version::postgres_version;
use version::{POSTGRES_MIN, version_of};

/// Paths of the servers' programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder with `initdb`, `postgres` and `psql`.
    pub postgres_bin: PathBuf,
    /// `valkey-server`, or `redis-server`, which can replace it.
    pub valkey_server: PathBuf,
    /// `valkey-cli`, or `redis-cli`. Without it servers run, but cannot be flushed and cannot form a cluster.
    pub valkey_cli: Option<PathBuf>,
}

/// Finds PostgreSQL 15 and Valkey 7.2 (or Redis 7.0) or newer, or installs what is missing by apt if `install` allows it.
/// Valkey is preferred to Redis, and the program in `BOOKED_VALKEY_SERVER` to both.
///
/// # Errors
///
/// [`Missing`], whose text tells a person all they need.
pub fn programs(install: Install) -> Result<Programs, Missing> {
    match find(&SearchPaths::of_this_machine()) {
        Ok(programs) => Ok(programs),
        Err(missing) => {
            install::install_servers(install, &missing)?;
            // The installation has created new folders.
            find(&SearchPaths::of_this_machine()).map_err(|missing| missing.because("apt did not install it"))
        }
    }
}

fn find(paths: &SearchPaths) -> Result<Programs, Missing> {
    let postgres_bin = paths.postgres.iter().find(|bin| {
        bin.join("initdb").is_file()
            && bin.join("psql").is_file()
            && postgres_version(bin).is_some_and(|version| version.is_at_least(POSTGRES_MIN))
    });
    let valkey_server = valkey_server(paths);
    let (Some(postgres_bin), Some(valkey_server)) = (postgres_bin, &valkey_server) else {
        return Err(Missing::new(postgres_bin.is_none(), valkey_server.is_none()));
    };
    let same_folder = valkey_server.parent().into_iter();
    // Either client works with either server.
    let valkey_cli = same_folder
        .chain(paths.programs.iter().map(PathBuf::as_path))
        .flat_map(|folder| ["valkey-cli", "redis-cli"].map(|name| folder.join(name)))
        .find(|program| program.is_file());
    Ok(Programs { postgres_bin: postgres_bin.clone(), valkey_server: valkey_server.clone(), valkey_cli })
}

fn valkey_server(paths: &SearchPaths) -> Option<PathBuf> {
    let is_supported =
        |program: &PathBuf| version_of(program).is_some_and(|version| version.is_supported_valkey());
    if let Some(chosen) = &paths.chosen_valkey {
        return Some(chosen.clone()).filter(is_supported);
    }
    let find = |name: &str| paths.programs.iter().map(|folder| folder.join(name)).find(is_supported);
    find("valkey-server").or_else(|| find("redis-server"))
}

#[cfg(test)]
mod tests;
