//! The account that a server runs as. Postgres refuses to run as root, and neither server needs root's privileges.

use std::{
    ffi::OsStr,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// The account to use if this process is root and no account has the name of the server.
const LAST_RESORT: &str = "nobody";

/// Runs a server and owns its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
    /// Whether this process is root and must switch to the account.
    switch: bool,
}

impl Account {
    /// The accounts that a server may run as, best first: our own; if this process is root, `preferred`, then nobody.
    pub(crate) fn candidates(preferred: &str) -> Result<Vec<Self>> {
        if !is_root() {
            let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
            return Ok(vec![Self { uid, gid, switch: false }]);
        }
        let found: Vec<Self> = [preferred, LAST_RESORT].into_iter().filter_map(Self::named).collect();
        ensure!(
            !found.is_empty(),
            "root needs an account that runs the server: {preferred} or {LAST_RESORT}"
        );
        Ok(found)
    }

    /// The owner of `path`, if this process is root and the owner is not.
    pub(crate) fn owner_of(path: &Path) -> Option<Self> {
        let owner = path.metadata().ok()?;
        (is_root() && owner.uid() != 0).then(|| Self { uid: owner.uid(), gid: owner.gid(), switch: true })
    }

    /// Makes this account the owner of `path`.
    pub(crate) fn take_ownership(self, path: &Path) -> Result<()> {
        if self.switch {
            chown(path, Some(self.uid), Some(self.gid))
                .with_context(|| format!("cannot change the owner of {}", path.display()))?;
        }
        Ok(())
    }

    /// Whether this account owns `folder`, and can enter and write it.
    pub(crate) fn can_use(self, folder: &Path) -> bool {
        let owned = folder.metadata().is_ok_and(|metadata| metadata.uid() == self.uid);
        let reach = r#"test -d "$1" && test -w "$1" && test -x "$1""#;
        let mut test = self.command("/bin/sh");
        test.args(["-c", reach, "sh"]).arg(folder).stdin(Stdio::null()).stderr(Stdio::null());
        owned && test.status().is_ok_and(|status| status.success())
    }

    /// A command that runs as this account, in a folder that every account can enter, and without variables of our
    /// environment that would point it to another Postgres.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C");
        remove_postgres_settings(&mut command);
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    fn named(name: &str) -> Option<Self> {
        Some(Self { uid: id("-u", name)?, gid: id("-g", name)?, switch: true })
    }
}

/// Removes what would point a Postgres program elsewhere (`PGHOST`, `PGDATA`, `PGOPTIONS` and so on).
pub(crate) fn remove_postgres_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn id(option: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([option, name]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
