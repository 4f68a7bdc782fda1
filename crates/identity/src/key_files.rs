//! The folder of key files: which names count, in which order, and how files are read and written safely.

use std::{
    cmp::Ordering,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::KeyError;

/// A key file takes about 120 bytes; this leaves room for several keys in one file and for comments.
const FILE_BYTES_MAX: u64 = 16 * 1024;
const FILES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 64;
const EXTENSION: &str = "pem";

/// The name for the next key of a rotation: one more than the highest number that any name there ends in, with six
/// digits: `000002` next to `000001`, also after that has been renamed `retired-000001`.
///
/// # Errors
///
/// The folder cannot be read. One that does not exist yet counts as empty.
pub fn next_key_name(dir: &Path) -> Result<String, KeyError> {
    let highest = existing(dir)?.iter().filter_map(|path| trailing_number(path)).max().unwrap_or(0);
    Ok(format!("{:06}", highest.saturating_add(1)))
}

/// The key files of the folder, the one that signs first.
pub(crate) fn in_order(dir: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let in_folder = |source| KeyError::Io { path: dir.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(in_folder)? {
        let path = entry.map_err(in_folder)?.path();
        if is_key_file(&path) {
            if paths.len() == FILES_MAX {
                return Err(KeyError::TooManyFiles { path: dir.to_owned(), max: FILES_MAX });
            }
            paths.push(path);
        }
    }
    paths.sort_by(|one, other| order(one, other));
    Ok(paths)
}

pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let in_file = |source| KeyError::Io { path: path.to_owned(), source };
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(in_file)?;
    let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(in_file)?;
    // A file that was truncated could lose keys unnoticed.
    if u64::try_from(read).is_ok_and(|bytes| bytes < FILE_BYTES_MAX) {
        Ok(text)
    } else {
        Err(KeyError::NoKeyInFile { path: path.to_owned() })
    }
}

/// Writes a new key file, completely or not at all, that sorts after the one that signs.
pub(crate) fn write(dir: &Path, name: &str, pem: &str) -> Result<(), KeyError> {
    if !is_plain(name) {
        return Err(KeyError::BadName { max: NAME_BYTES_MAX });
    }
    let path = dir.join(name).with_extension(EXTENSION);
    let in_file = |source| KeyError::Io { path: path.clone(), source };

    fs::create_dir_all(dir).map_err(in_file)?;
    if let Some(first) = in_order(dir)?.into_iter().next()
        && order(&path, &first) == Ordering::Less
    {
        return Err(KeyError::WouldSignAtOnce { path: first });
    }

    // A hidden file next to it, which `in_order` skips; `tempfile` creates it with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(in_file)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(in_file)?;
    file.persist_noclobber(&path).map_err(|failure| match failure.error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.clone() },
        _ => in_file(failure.error),
    })?;
    Ok(())
}

fn existing(dir: &Path) -> Result<Vec<PathBuf>, KeyError> {
    match in_order(dir) {
        Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn is_key_file(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension() == Some(OsStr::new(EXTENSION))
}

/// By the name without `.pem`: with the extension, `1-b` would come before `1`.
fn order(one: &Path, other: &Path) -> Ordering {
    one.file_stem().cmp(&other.file_stem())
}

fn trailing_number(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let digits = stem.len() - stem.bytes().rev().take_while(u8::is_ascii_digit).count();
    stem.get(digits..)?.parse().ok()
}

fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed)
}
