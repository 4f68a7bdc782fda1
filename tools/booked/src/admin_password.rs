//! Where the admin's password comes from: a file or the environment, never the command line, which every user of the machine
//! can read.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

const VARIABLE: &str = "BOOKED_ADMIN_PASSWORD";

#[derive(Args)]
pub(crate) struct AdminPasswordArgs {
    /// File that holds the password of the admin. Without it, it is in BOOKED_ADMIN_PASSWORD, else the one that the data
    /// folder keeps, in secrets/admin-password, where it is made up at the first start.
    #[arg(long, env = "BOOKED_ADMIN_PASSWORD_FILE", value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
}

impl AdminPasswordArgs {
    /// The password, where one is given.
    pub(crate) fn read(&self) -> Result<Option<String>> {
        let Some(file) = &self.admin_password_file else {
            return Ok(std::env::var(VARIABLE).ok().filter(|given| !given.is_empty()));
        };
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let password = text.trim_end_matches(['\n', '\r']);
        ensure!(!password.is_empty(), "{} holds no password", file.display());
        Ok(Some(password.to_owned()))
    }
}
