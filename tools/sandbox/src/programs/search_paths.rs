//! The folders in which programs are searched.

use std::{
    cmp::Reverse,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// Names the server to use as Valkey, instead of searching for one.
const CHOSEN_VALKEY: &str = "BOOKED_VALKEY_SERVER";
/// Distributions and package managers that have a folder for each version of PostgreSQL: its parent, the prefix of its
/// name, and the folder of programs within it.
const POSTGRES_VERSIONS: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/opt/local/lib", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];
const FURTHER: [&str; 3] = ["/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"];

/// Folders in the order in which they are searched.
#[derive(Debug, Default)]
pub(super) struct SearchPaths {
    /// For PostgreSQL's programs.
    pub(super) postgres: Vec<PathBuf>,
    /// For all other programs.
    pub(super) programs: Vec<PathBuf>,
    /// The server that the user has chosen.
    pub(super) chosen_valkey: Option<PathBuf>,
}

impl SearchPaths {
    /// The user's `PATH` first, so that they can choose; then the known folders of distributions.
    pub(super) fn of_this_machine() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = folders(&path);
        programs.extend(FURTHER.map(PathBuf::from));
        let mut postgres = programs.clone();
        postgres.extend(from_pg_config());
        for (root, prefix, bin) in POSTGRES_VERSIONS {
            postgres
                .extend(newest_first(Path::new(root), prefix).into_iter().map(|version| version.join(bin)));
        }
        let chosen_valkey = std::env::var_os(CHOSEN_VALKEY).filter(|it| !it.is_empty()).map(PathBuf::from);
        Self { postgres, programs, chosen_valkey }
    }
}

fn folders(path: &OsStr) -> Vec<PathBuf> {
    std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect()
}

fn from_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    folder.is_absolute().then_some(folder)
}

/// The folders in `root` with a name of `prefix` and a version number.
pub(super) fn newest_first(root: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    versions.sort_by_key(|(version, _)| Reverse(*version));
    versions.into_iter().map(|(_, path)| path).collect()
}
