//! Runs SQL with the server's own psql, so that this crate needs no driver.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use super::options::USER;
use crate::account::remove_postgres_settings;

/// What psql connects to, as the user `booked`.
pub(super) struct Target<'a> {
    pub(super) bin: &'a Path,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) password: Option<&'a str>,
    /// The certificate authority to trust, if the server accepts only TLS.
    pub(super) ca: Option<&'a Path>,
}

/// Runs `sql`, in which `:'name'` stands for a variable, and returns the rows.
pub(super) fn run(target: &Target<'_>, variables: &[(&str, &str)], sql: &str) -> Result<String> {
    let mut child = command(target, variables).spawn().context("cannot run psql")?;
    if let Some(mut input) = child.stdin.take() {
        // If psql exits before it has read everything, its own message says more than the broken pipe.
        let _ = input.write_all(sql.as_bytes());
    }
    let output = child.wait_with_output().context("cannot wait for psql")?;
    if !output.status.success() {
        bail!("psql: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn command(target: &Target<'_>, variables: &[(&str, &str)]) -> Command {
    let mut psql = Command::new(target.bin.join("psql"));
    remove_postgres_settings(&mut psql);
    psql.env("PGHOST", "127.0.0.1").env("PGPORT", target.port.to_string());
    psql.env("PGUSER", USER).env("PGDATABASE", target.database);
    psql.env("PGCONNECT_TIMEOUT", "10").env("PGOPTIONS", "-c statement_timeout=60s");
    psql.env("PGPASSWORD", target.password.unwrap_or_default());
    match target.ca {
        Some(ca) => psql.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", ca),
        None => psql.env("PGSSLMODE", "disable"),
    };
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
    for (name, value) in variables {
        psql.args(["-v", &format!("{name}={value}")]);
    }
    psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    psql
}
