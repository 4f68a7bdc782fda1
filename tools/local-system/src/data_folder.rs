//! The folder of one system: its lock, its logs, its keys, and secrets that are generated once and then stored.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rand::{Rng, distr::Alphanumeric};

/// Only the owner can read and write.
const PRIVATE: u32 = 0o600;
/// In letters and digits: 32 of them have 190 bits.
const SECRET_LENGTH: usize = 32;

/// Belongs to this process until it is dropped.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Locked while it is open. The operating system closes it however this process ends.
    _lock: File,
}

#[derive(Clone, Copy)]
pub(crate) enum Secret {
    InternalCredential,
    PostgresPassword,
    ValkeyPassword,
    AdminPassword,
    /// The URLs of the databases, with their passwords.
    DataUrls,
}

impl DataFolder {
    /// Creates the folder if it is missing, and locks it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).context("the path of the data folder is empty")?;
        for folder in [path.clone(), path.join("logs"), path.join("secrets")] {
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let lock_path = path.join("lock");
        let lock = OpenOptions::new().create(true).append(true).open(&lock_path);
        let lock = lock.with_context(|| format!("cannot open {}", lock_path.display()))?;
        if lock.try_lock().is_err() {
            bail!(
                "another system is running in {}; give this one its own folder with --data-dir, and its own --port",
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

    /// The same in a folder that is not locked.
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

    /// The stored secret, or a new one that is stored from now on.
    pub(crate) fn secret(&self, secret: Secret) -> Result<String> {
        if let Some(stored) = self.stored(secret) {
            return Ok(stored);
        }
        let made = Self::generate_secret();
        self.store(secret, &made)?;
        Ok(made)
    }

    pub(crate) fn stored(&self, secret: Secret) -> Option<String> {
        stored_in(&self.path, secret)
    }

    pub(crate) fn generate_secret() -> String {
        rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect()
    }

    /// Replaces the stored secret, if there is one.
    pub(crate) fn store(&self, secret: Secret, value: &str) -> Result<()> {
        let path = self.secret_file(secret);
        // Written next to it and then renamed, so that an interrupted start never leaves half a secret.
        let unfinished = path.with_extension("new");
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE).open(&unfinished);
        file.and_then(|mut file| file.write_all(value.as_bytes()))
            .and_then(|()| fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Deletes the signing keys and the admin's password. The servers' passwords stay, because their folders do.
    pub(crate) fn delete_identity(&self) -> Result<()> {
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

/// The admin's password that is stored in a data folder. The folder need not be locked for this.
#[must_use]
pub fn admin_password_in(data_dir: &Path) -> Option<String> {
    stored_in(data_dir, Secret::AdminPassword)
}

fn stored_in(path: &Path, secret: Secret) -> Option<String> {
    let file = DataFolder::secret_file_in(path, secret);
    fs::read_to_string(file).ok().filter(|stored| !stored.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_belongs_to_one_system_at_once() {
        let place = tempfile::tempdir().unwrap();
        let first = DataFolder::claim(place.path()).unwrap();
        let refusal = DataFolder::claim(place.path()).err().map(|error| error.to_string());
        assert!(refusal.is_some_and(|it| it.contains("another system is running")));
        drop(first);
        assert!(DataFolder::claim(place.path()).is_ok());
    }

    #[test]
    fn a_secret_is_generated_once_and_only_its_owner_can_read_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::claim(place.path()).unwrap();
        let made = folder.secret(Secret::AdminPassword).unwrap();
        assert_eq!(made.len(), SECRET_LENGTH);
        assert_eq!(folder.secret(Secret::AdminPassword).unwrap(), made);
        let mode = folder.secret_file(Secret::AdminPassword).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
    }
}
