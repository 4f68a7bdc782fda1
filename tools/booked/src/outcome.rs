//! What a command leaves behind: files, and an exit code.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};

pub(crate) fn exit_code(has_passed: bool) -> ExitCode {
    if has_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
