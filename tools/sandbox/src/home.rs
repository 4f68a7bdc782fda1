//! The private folder that a server lives in: the wanted one, or, where the server's account cannot reach that,
//! one elsewhere that the next start finds again.

use std::{
    fs::{DirBuilder, Permissions, create_dir_all, read_dir},
    io::ErrorKind,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::account::Account;

const PRIVATE: u32 = 0o700;
/// Where temporary folders cost no disk writes, which are most of the time that a test's server takes to start.
const MEMORY: &str = "/dev/shm";
/// Containers often have next to nothing there.
const MEMORY_FREE_MIN_BYTES: u64 = 2 << 30;

/// A server's folder and the account that owns it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    pub(crate) account: Account,
    temporary: Option<TempDir>,
}

impl Home {
    /// Claims `wanted`; as root for the account `preferred`, or for whoever else owns it already.
    pub(crate) fn claim(wanted: &Path, preferred: &str) -> Result<Self> {
        let wanted = std::path::absolute(wanted).context("the data folder has no name")?;
        let accounts = Account::candidates(preferred)?;
        let refused = match prepare(&wanted, &accounts, true) {
            Ok(account) => return Ok(Self { path: wanted, account, temporary: None }),
            Err(refused) => refused,
        };
        let path = fallback(&wanted);
        let account =
            prepare(&path, &accounts, false).with_context(|| format!("{refused:#}, nor another folder"))?;
        Ok(Self { path, account, temporary: None })
    }

    /// A new folder that goes when the value is dropped.
    pub(crate) fn temporary(preferred: &str) -> Result<Self> {
        let accounts = Account::candidates(preferred)?;
        let Some(account) = accounts.first().copied() else { bail!("no account to run a server as") };
        for base in temporary_bases() {
            let private = Permissions::from_mode(PRIVATE);
            let made = tempfile::Builder::new().prefix("booked-").permissions(private).tempdir_in(base);
            let Ok(folder) = made else { continue };
            account.take(folder.path())?;
            if account.can_use(folder.path()) {
                return Ok(Self { path: folder.path().to_owned(), account, temporary: Some(folder) });
            }
        }
        bail!("the server's account can use no folder for temporary files")
    }

    /// The folder, where it is to go together with its server.
    pub(crate) fn to_remove(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }
}

/// Where temporary folders may be, best first. Whoever sets TMPDIR has chosen.
fn temporary_bases() -> Vec<PathBuf> {
    let roomy = rustix::fs::statvfs(MEMORY)
        .is_ok_and(|memory| memory.f_bavail.saturating_mul(memory.f_frsize) >= MEMORY_FREE_MIN_BYTES);
    let memory = (roomy && std::env::var_os("TMPDIR").is_none()).then(|| PathBuf::from(MEMORY));
    memory.into_iter().chain([std::env::temp_dir(), PathBuf::from("/var/tmp")]).collect()
}

/// Makes `folder` where it is missing, and says which of the accounts can use it.
fn prepare(folder: &Path, accounts: &[Account], any_owner: bool) -> Result<Account> {
    if let Some(parent) = folder.parent() {
        create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    let made = match DirBuilder::new().mode(PRIVATE).create(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error).with_context(|| format!("cannot make {}", folder.display())),
    };
    if let (Some(first), true) = (accounts.first(), made || is_empty_of_root(folder)) {
        first.take(folder)?;
    }
    let owner = if any_owner { Account::owner_of(folder) } else { None };
    let usable = owner.iter().chain(accounts).find(|account| account.can_use(folder)).copied();
    if usable.is_none() && made {
        std::fs::remove_dir(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    usable.with_context(|| format!("the server cannot use {}", folder.display()))
}

fn is_empty_of_root(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|metadata| metadata.uid() == 0)
        && read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The same name for the same user and wanted folder at every start and on every Rust version (FNV-1a).
fn fallback(wanted: &Path) -> PathBuf {
    let hash = wanted.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let base = Path::new("/var/tmp");
    let base = if base.is_dir() { base.to_owned() } else { std::env::temp_dir() };
    base.join(format!("booked-{}-{hash:016x}", rustix::process::geteuid()))
}
