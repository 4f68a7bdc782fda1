//! The private folder of a server: the preferred one, or, if the server's account cannot access that, another one that
//! the next start finds again.

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
/// Temporary folders here need no disk writes, which take most of the time that a test's server needs to start.
const MEMORY: &str = "/dev/shm";
/// Containers often have very little memory there.
const MEMORY_FREE_MIN_BYTES: u64 = 2 << 30;

/// A server's folder and the account that owns it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    pub(crate) account: Account,
    temporary: Option<TempDir>,
}

impl Home {
    /// Takes `wanted`; as root for the account `preferred`, or for another account if it owns the folder already.
    pub(crate) fn claim(wanted: &Path, preferred: &str) -> Result<Self> {
        let wanted = std::path::absolute(wanted).context("the path of the data folder is empty")?;
        let accounts = Account::candidates(preferred)?;
        let error = match prepare(&wanted, &accounts, true) {
            Ok(account) => return Ok(Self { path: wanted, account, temporary: None }),
            Err(error) => error,
        };
        let path = fallback(&wanted);
        let account =
            prepare(&path, &accounts, false).with_context(|| format!("{error:#}, nor another folder"))?;
        Ok(Self { path, account, temporary: None })
    }

    /// A new folder that is removed when the value is dropped.
    pub(crate) fn temporary(preferred: &str) -> Result<Self> {
        let accounts = Account::candidates(preferred)?;
        let Some(account) = accounts.first().copied() else {
            bail!("there is no account that can run the server")
        };
        for base in temporary_bases() {
            let private = Permissions::from_mode(PRIVATE);
            let created = tempfile::Builder::new().prefix("booked-").permissions(private).tempdir_in(base);
            let Ok(folder) = created else { continue };
            account.take_ownership(folder.path())?;
            if account.can_use(folder.path()) {
                return Ok(Self { path: folder.path().to_owned(), account, temporary: Some(folder) });
            }
        }
        bail!("the server's account can use no folder for temporary files")
    }

    /// The folder, if it must be removed when its server ends.
    pub(crate) fn to_remove(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }
}

/// The parents of temporary folders, best first. A TMPDIR that is set decides.
fn temporary_bases() -> Vec<PathBuf> {
    let is_roomy = rustix::fs::statvfs(MEMORY)
        .is_ok_and(|memory| memory.f_bavail.saturating_mul(memory.f_frsize) >= MEMORY_FREE_MIN_BYTES);
    let memory = (is_roomy && std::env::var_os("TMPDIR").is_none()).then(|| PathBuf::from(MEMORY));
    memory.into_iter().chain([std::env::temp_dir(), PathBuf::from("/var/tmp")]).collect()
}

/// Creates `folder` if it is missing, and returns the account that can use it.
fn prepare(folder: &Path, accounts: &[Account], any_owner: bool) -> Result<Account> {
    if let Some(parent) = folder.parent() {
        create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let created = match DirBuilder::new().mode(PRIVATE).create(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error).with_context(|| format!("cannot create {}", folder.display())),
    };
    if let (Some(first), true) = (accounts.first(), created || is_empty_of_root(folder)) {
        first.take_ownership(folder)?;
    }
    let owner = if any_owner { Account::owner_of(folder) } else { None };
    let usable = owner.iter().chain(accounts).find(|account| account.can_use(folder)).copied();
    if usable.is_none() && created {
        std::fs::remove_dir(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    usable.with_context(|| format!("the server cannot use {}", folder.display()))
}

fn is_empty_of_root(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|metadata| metadata.uid() == 0)
        && read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Its name is the same at every start and with every Rust version (FNV-1a) for the same user and preferred folder.
fn fallback(wanted: &Path) -> PathBuf {
    let hash = wanted.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let base = Path::new("/var/tmp");
    let base = if base.is_dir() { base.to_owned() } else { std::env::temp_dir() };
    base.join(format!("booked-{}-{hash:016x}", rustix::process::geteuid()))
}
