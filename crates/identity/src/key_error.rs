//! What can be wrong with keys.

use std::{io, path::PathBuf};

/// Why keys cannot be used. It names files and key ids, never what is in them.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A folder or file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The folder has no file whose name ends in `.pem`.
    #[error("{path}: no key here, that is no file *.pem", path = path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// More files than a set of keys ever has: this must be another folder.
    #[error("{path}: more than {max} keys", path = path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// The most that are read.
        max: usize,
    },
    /// A file was added, removed or renamed during the read: try again.
    #[error("{path}: changed while it was read", path = path.display())]
    Changing {
        /// The folder.
        path: PathBuf,
    },
    /// The file is not one or more Ed25519 keys.
    #[error("{path}: not an Ed25519 private key in PKCS#8 PEM", path = path.display())]
    NoKeyInFile {
        /// The file.
        path: PathBuf,
    },
    /// The text is not one or more Ed25519 keys.
    #[error("not an Ed25519 private key in PKCS#8 PEM")]
    NoKey,
    /// The name is empty, too long, or contains something other than letters, digits, `-` and `_`.
    #[error("a key's name is 1 to {max} letters, digits, '-' and '_'")]
    BadName {
        /// The maximum length of a name in bytes.
        max: usize,
    },
    /// A key of this name already exists.
    #[error("{path}: exists already", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The name sorts before the key that signs now, so the new key would sign before gateways know it.
    #[error("a new key must sort after {path}, which signs now", path = path.display())]
    WouldSignAtOnce {
        /// The file that signs.
        path: PathBuf,
    },
    /// The system's random number generator failed.
    #[error("no key could be made")]
    NotGenerated,
}
