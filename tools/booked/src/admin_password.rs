//! The admin's password. It comes from a file or the environment, never from the command line, which every user of the
//! machine can read.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

const VARIABLE: &str = "BOOKED_ADMIN_PASSWORD";

#[derive(Args)]
pub(crate) struct AdminPasswordArgs {
    /// File that contains the admin's password. If not given, the password is BOOKED_ADMIN_PASSWORD, or else the one in the
    /// data folder, in secrets/admin-password, which is generated at the first start.
    #[arg(long, env = "BOOKED_ADMIN_PASSWORD_FILE", value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
}

impl AdminPasswordArgs {
    /// None if no password is given.
    pub(crate) fn read(&self) -> Result<Option<String>> {
        let Some(file) = &self.admin_password_file else {
            return Ok(std::env::var(VARIABLE).ok().filter(|given| !given.is_empty()));
        };
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let password = text.trim_end_matches(['\n', '\r']);
        ensure!(!password.is_empty(), "{} contains no password", file.display());
        Ok(Some(password.to_owned()))
    }
}
