//! The folder of one system: its lock, its logs, its keys, and secrets that are made up once and kept.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rand::{Rng, distr::Alphanumeric};

/// For the owner alone.
const PRIVATE: u32 = 0o600;
/// Letters and digits of a secret: 32 of them hold 190 bits.
const SECRET_LENGTH: usize = 32;

/// The folder, held by this process until it is dropped.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Locked while it is open; the system opens it for us alone, and closes it however we end.
    _lock: File,
}

/// A secret that the folder keeps.
#[derive(Clone, Copy)]
pub(crate) enum Secret {
    InternalCredential,
    PostgresPassword,
    ValkeyPassword,
    AdminPassword,
    /// Where the databases are, with their passwords.
    DataUrls,
}

impl DataFolder {
    /// Makes the folder where it is missing, and holds it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).context("the data folder has no name")?;
        for folder in [path.clone(), path.join("logs"), path.join("secrets")] {
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let lock_path = path.join("lock");
        let lock = OpenOptions::new().create(true).append(true).open(&lock_path);
        let lock = lock.with_context(|| format!("cannot open {}", lock_path.display()))?;
        if lock.try_lock().is_err() {
            bail!(
                "another copy is running on {}; give this one its own folder with --data-dir, and its own --port",
                path.display()
            );
        }
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.path.join("postgres")
    }

    pub(crate) fn valkey(&self) -> PathBuf {
        self.path.join("valkey")
    }

    pub(crate) fn signing_keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    pub(crate) fn log_of(&self, process: &str) -> PathBuf {
        self.path.join("logs").join(process).with_extension("log")
    }

    pub(crate) fn secret_file(&self, secret: Secret) -> PathBuf {
        Self::secret_file_in(&self.path, secret)
    }

    /// The same in a folder that is not held.
    pub(crate) fn secret_file_in(path: &Path, secret: Secret) -> PathBuf {
        let name = match secret {
            Secret::InternalCredential => "internal-credential",
            Secret::PostgresPassword => "postgres-password",
            Secret::ValkeyPassword => "valkey-password",
            Secret::AdminPassword => "admin-password",
            Secret::DataUrls => "data-urls",
        };
        path.join("secrets").join(name)
    }

    /// The kept secret, or a new one that is kept from now on.
    pub(crate) fn secret(&self, secret: Secret) -> Result<String> {
        if let Some(kept) = self.kept(secret) {
            return Ok(kept);
        }
        let made = Self::make_up();
        self.keep(secret, &made)?;
        Ok(made)
    }

    /// The kept secret, where there is one.
    pub(crate) fn kept(&self, secret: Secret) -> Option<String> {
        fs::read_to_string(self.secret_file(secret)).ok().filter(|kept| !kept.is_empty())
    }

    /// A new secret.
    pub(crate) fn make_up() -> String {
        rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect()
    }

    /// Keeps this secret instead of the one of before.
    pub(crate) fn keep(&self, secret: Secret, value: &str) -> Result<()> {
        let path = self.secret_file(secret);
        // Beside it and then renamed: a start that is interrupted must not leave half a secret.
        let unfinished = path.with_extension("new");
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE).open(&unfinished);
        file.and_then(|mut file| file.write_all(value.as_bytes()))
            .and_then(|()| fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Forgets the accounts' keys and the admin's password. The servers' passwords stay, as their folders do.
    pub(crate) fn forget_identity(&self) -> Result<()> {
        let removed = [
            fs::remove_dir_all(self.signing_keys()),
            fs::remove_file(self.secret_file(Secret::AdminPassword)),
        ];
        for result in removed {
            match result {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).context("cannot empty the data folder");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The admin's password that a data folder keeps, if there is one. The folder need not be held for that.
#[must_use]
pub fn admin_password_in(data_dir: &Path) -> Option<String> {
    let file = DataFolder::secret_file_in(data_dir, Secret::AdminPassword);
    fs::read_to_string(file).ok().filter(|kept| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_belongs_to_one_copy_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let first = DataFolder::claim(place.path()).unwrap();
        let refusal = DataFolder::claim(place.path()).err().map(|error| error.to_string());
        assert!(refusal.is_some_and(|it| it.contains("another copy is running")));
        drop(first);
        assert!(DataFolder::claim(place.path()).is_ok());
    }

    #[test]
    fn a_secret_is_made_once_and_read_by_its_owner_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::claim(place.path()).unwrap();
        let made = folder.secret(Secret::AdminPassword).unwrap();
        assert_eq!(made.len(), SECRET_LENGTH);
        assert_eq!(folder.secret(Secret::AdminPassword).unwrap(), made);
        let mode = folder.secret_file(Secret::AdminPassword).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
    }
}
