//! The files in a Postgres server's folder: the cluster in `data`, and the rules about who may connect.

use std::{
    fs::{File, OpenOptions, read_to_string, remove_dir_all, rename},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, Result, bail, ensure};

use super::options::{ACCOUNT, PostgresOptions, USER};
use crate::{
    home::Home,
    programs::{Programs, postgres_version},
    tls::write_private,
};

/// Postgres' own data folder.
pub(super) fn cluster(home: &Home) -> PathBuf {
    home.path.join("data")
}

pub(super) fn pid_file(home: &Home) -> PathBuf {
    cluster(home).join("postmaster.pid")
}

/// Whether the server with this process id accepts connections: the first line of the file is its process id, the
/// eighth is its state. A file that a crashed server left behind has another process id.
pub(super) fn is_ready(pid_file: &Path, server_pid: u32) -> bool {
    let text = read_to_string(pid_file).unwrap_or_default();
    let mut lines = text.lines();
    lines.next() == Some(server_pid.to_string().as_str())
        && lines.nth(6).is_some_and(|state| state.trim_end() == "ready")
}

/// Does nothing if the data folder is initialized already.
pub(super) fn initialize(programs: &Programs, home: &Home, options: &PostgresOptions) -> Result<()> {
    if cluster(home).exists() {
        return Ok(());
    }
    // Under another name until it is complete, so that an interrupted start does not leave half a data folder.
    let unfinished = home.path.join(format!("data.{}", std::process::id()));
    let mut initdb = home.account.command(programs.postgres_bin.join("initdb"));
    initdb.args(["-E", "UTF8", "--locale=C", "--no-instructions", "-U", USER, "-D"]).arg(&unfinished);
    if !options.durable {
        initdb.arg("--no-sync");
    }
    let password_file = home.path.join("password");
    match &options.password {
        Some(password) => {
            write_private(&password_file, password)?;
            home.account.take_ownership(&password_file)?;
            initdb.args(["-A", "scram-sha-256", "--pwfile"]).arg(&password_file);
            let done = run(&mut initdb);
            std::fs::remove_file(&password_file).context("cannot remove the password file")?;
            done?;
        }
        None => run(initdb.args(["-A", "trust"])).map(drop)?,
    }
    if let Err(error) = rename(&unfinished, cluster(home)) {
        remove_dir_all(&unfinished).context("cannot remove an unfinished data folder")?;
        // Another process that started at the same moment may have been quicker. Which of the two servers may run in the
        // folder is then decided by the lock on its log.
        ensure!(cluster(home).exists(), "cannot rename the new data folder: {error}");
    }
    Ok(())
}

/// Copies a data folder into `home` that is initialized once for all tests with this Postgres version.
pub(super) fn copy_initialized(programs: &Programs, home: &Home) -> Result<()> {
    let original = original(programs)?;
    run(home.account.command("cp").arg("-Rp").arg(cluster(&original)).arg(cluster(home))).map(drop)
}

/// The data folder to copy. It is next to the build's output if the test program is there, so that `cargo clean` removes
/// it too.
fn original(programs: &Programs) -> Result<Home> {
    let version = postgres_version(&programs.postgres_bin).context("Postgres does not report its version")?;
    let program = std::env::current_exe().context("this program has no path")?;
    let build = program.ancestors().find(|it| it.ends_with("deps")).and_then(Path::parent);
    let name: String = version.text.chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    let wanted = build.map_or_else(std::env::temp_dir, Path::to_owned).join("sandbox").join(name);
    let home = Home::claim(&wanted, ACCOUNT)?;
    let guard = lock_file(&home)?;
    guard.lock().context("cannot lock the data folder to copy")?;
    initialize(programs, &home, &PostgresOptions { durable: false, ..PostgresOptions::new(&wanted) })?;
    Ok(home)
}

fn lock_file(home: &Home) -> Result<File> {
    let path = home.path.join("lock");
    OpenOptions::new().create(true).append(true).open(path).context("cannot open the lock file")
}

/// Fails with a helpful message if the data is of another major version.
pub(super) fn check_version(programs: &Programs, home: &Home) -> Result<()> {
    let data = read_to_string(cluster(home).join("PG_VERSION")).unwrap_or_default();
    let program = postgres_version(&programs.postgres_bin).context("Postgres does not report its version")?;
    if data.trim() != program.major.to_string() {
        let folder = home.path.display();
        bail!(
            "{folder} contains data of PostgreSQL {}, but PostgreSQL {} was found",
            data.trim(),
            program.major
        );
    }
    Ok(())
}

pub(super) fn access_rules(home: &Home) -> PathBuf {
    home.path.join("pg_hba.conf")
}

/// Only TLS connections may connect if there is a certificate, and only with the password if there is one.
pub(super) fn write_access_rules(home: &Home, options: &PostgresOptions) -> Result<()> {
    let connection = if options.tls.is_some() { "hostssl" } else { "host" };
    let method = if options.password.is_some() { "scram-sha-256" } else { "trust" };
    let rules = format!("{connection} all all 127.0.0.1/32 {method}\n");
    write_private(&access_rules(home), &rules)?;
    home.account.take_ownership(&access_rules(home))
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", command.get_program().display(), stderr.trim());
    }
    Ok(output)
}
