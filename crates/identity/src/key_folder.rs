//! The folder of keys while a process runs: a key that is removed is no longer accepted, whatever is wrong with the
//! other files.

use std::{
    mem,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    KeyError, SigningKeys, key_files,
    keys::{self, SigningKey},
};

/// How long keys stay that can no longer be read and were not seen to be removed: a file may just be written, or a
/// mount swapped. After that they count as removed: someone who deletes a folder, or overwrites a stolen key, intends
/// that.
pub const UNREADABLE_MAX: Duration = Duration::from_secs(20);

/// A folder is read again up to this many times if names change during the read.
const TRIES_MAX: usize = 3;

/// A folder of keys and what was last read from it, file by file.
pub struct KeyFolder {
    dir: PathBuf,
    files: Vec<KeyFile>,
}

struct KeyFile {
    path: PathBuf,
    keys: Vec<SigningKey>,
    read: Instant,
}

impl KeyFolder {
    /// Reads the folder for the first time.
    ///
    /// # Errors
    ///
    /// It has no usable key: then it must be the wrong folder.
    pub fn open(dir: PathBuf, now: Instant) -> Result<Self, KeyError> {
        let mut folder = Self { dir, files: Vec::new() };
        let wrong = folder.read_again(now);
        if folder.files.is_empty() {
            let empty = || KeyError::EmptyFolder { path: folder.dir.clone() };
            return Err(wrong.into_iter().next().unwrap_or_else(empty));
        }
        Ok(folder)
    }

    /// Reads it again, which costs a few small reads, and returns what could not be read. Keys whose file is gone are
    /// gone at once; keys of a file, or of the whole folder, that cannot be read stay for [`UNREADABLE_MAX`].
    pub fn read_again(&mut self, now: Instant) -> Vec<KeyError> {
        let mut before = mem::take(&mut self.files);
        before.retain(|file| now.saturating_duration_since(file.read) < UNREADABLE_MAX);
        let found = match read_settled(&self.dir) {
            Ok(found) => found,
            Err(wrong) => {
                self.files = before;
                return vec![wrong];
            }
        };
        let mut wrong = Vec::new();
        for (path, keys) in found {
            match keys {
                Ok(keys) => self.files.push(KeyFile { path, keys, read: now }),
                Err(error) => {
                    wrong.push(error);
                    let kept = before.iter().position(|file| file.path == path);
                    self.files.extend(kept.map(|at| before.swap_remove(at)));
                }
            }
        }
        wrong
    }

    /// The keys that are accepted now; possibly none.
    #[must_use]
    pub fn keys(&self) -> SigningKeys {
        SigningKeys::from_keys(self.files.iter().flat_map(|file| file.keys.iter().cloned()))
    }
}

type Found = Vec<(PathBuf, Result<Vec<SigningKey>, KeyError>)>;

/// A file that is renamed during the listing may be seen under neither name, and its tokens would be refused. So the
/// names are compared with a second listing.
fn read_settled(dir: &Path) -> Result<Found, KeyError> {
    for _ in 0..TRIES_MAX {
        let names = key_files::in_order(dir)?;
        let found: Found = names.iter().map(|path| (path.clone(), keys::read(path))).collect();
        if key_files::in_order(dir)? == names {
            return Ok(found);
        }
    }
    Err(KeyError::Changing { path: dir.to_owned() })
}
