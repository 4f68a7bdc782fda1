//! Which servers are missing, and what to type to install them.

use std::fmt;

use super::version::{POSTGRES_MIN, REDIS_MIN, VALKEY_MIN};

/// PostgreSQL or Valkey is missing. The text is one message for a person: what is missing, and what to type.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Missing {
    postgres: bool,
    valkey: bool,
    /// Why the installation failed.
    reason: Option<String>,
}

impl Missing {
    pub(super) fn new(postgres: bool, valkey: bool) -> Self {
        Self { postgres, valkey, reason: None }
    }

    /// The same, after an attempt to install.
    pub(super) fn because(&self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self.clone() }
    }

    /// "PostgreSQL 15 or newer and Valkey 7.2 (or Redis 7.0) or newer".
    pub(super) fn what(&self) -> String {
        let postgres = self.postgres.then(|| format!("PostgreSQL {} or newer", POSTGRES_MIN.0));
        let valkey = self.valkey.then(|| {
            let (valkey, redis) = (VALKEY_MIN, REDIS_MIN);
            format!("Valkey {}.{} (or Redis {}.{}) or newer", valkey.0, valkey.1, redis.0, redis.1)
        });
        postgres.into_iter().chain(valkey).collect::<Vec<_>>().join(" and ")
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Not found on this machine: {}.", self.what())?;
        match &self.reason {
            Some(reason) => write!(out, "\nInstalling failed: {reason}\n{}", advice(System::Other)),
            None => write!(out, "\n{}", advice(System::of_this_machine())),
        }
    }
}

/// The systems for which there is an exact command to type.
#[derive(Clone, Copy)]
enum System {
    Debian,
    Fedora,
    Arch,
    Mac,
    Other,
}

impl System {
    fn of_this_machine() -> Self {
        let on_path = |program: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        };
        if cfg!(target_os = "macos") {
            Self::Mac
        } else if std::path::Path::new("/etc/debian_version").exists() {
            Self::Debian
        } else if on_path("dnf") {
            Self::Fedora
        } else if on_path("pacman") {
            Self::Arch
        } else {
            Self::Other
        }
    }
}

fn advice(system: System) -> &'static str {
    match system {
        System::Debian => {
            "To have both installed by apt (as root or by sudo; the distribution's own servers are not started), \
             type the same command again with BOOKED_INSTALL=1 before it, for example:\n    \
             BOOKED_INSTALL=1 cargo up"
        }
        System::Fedora => "Type:\n    sudo dnf install postgresql-server valkey",
        System::Arch => "Type:\n    sudo pacman -S postgresql valkey",
        System::Mac => "Type:\n    brew install postgresql@17 valkey",
        System::Other => {
            "Install them with the tools of your system, so that initdb, postgres, psql, and valkey-server and valkey-cli (or \
             redis-server and redis-cli) are on the search path (PATH)."
        }
    }
}
