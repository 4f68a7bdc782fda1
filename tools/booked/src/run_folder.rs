//! The temporary folder of a command that runs its own systems.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use booked_local_system::warn;

/// Removed when this is dropped, unless it is kept. It is on disk and not in memory, for the sake of fsync.
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
    pub(crate) is_kept: bool,
}

impl RunFolder {
    pub(crate) fn create(command: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("booked-{command}-{}", std::process::id()));
        // Other accounts may read it, since the servers may run with other accounts.
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path, is_kept: false })
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            warn(&format!("{} cannot be removed: {error}", self.path.display()));
        }
    }
}
