//! The programs of all components: built by cargo if the sources are here, otherwise found next to this program.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::Service;

/// What cargo tells a program that it runs about this program. A cargo that we run must not take it as its own.
const OF_THE_OUTER_CARGO: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// A test of `booked-ids`, which is quick to build.
const SMALLEST_TEST: &str = "ids";

/// Paths of the programs of all components.
#[derive(Clone, Debug)]
pub struct Binaries(BTreeMap<Service, PathBuf>);

impl Binaries {
    /// Builds the release programs, with cargo's own progress on standard error. If the sources are gone, takes the
    /// programs next to this one.
    ///
    /// # Errors
    ///
    /// If cargo fails, or a program is missing.
    pub fn build() -> Result<Self> {
        Self::build_with("release")
    }

    /// The same, as images contain them: a little faster, at the price of a long build.
    ///
    /// # Errors
    ///
    /// If cargo fails, or a program is missing.
    pub fn build_for_images() -> Result<Self> {
        Self::build_with("dist")
    }

    fn build_with(profile: &str) -> Result<Self> {
        if !workspace().join("Cargo.toml").is_file() {
            return next_to_this_program();
        }
        let packages =
            Service::ALL.into_iter().flat_map(|service| ["--package".to_owned(), service.program()]);
        built(["--bins", "--profile", profile].map(str::to_owned).into_iter().chain(packages))
    }

    /// Builds the programs as `cargo test` does, so that nothing is left to build if it runs the whole workspace: with the
    /// same profile, and with the same features of dependencies, because all packages and one of their tests are named.
    ///
    /// # Errors
    ///
    /// If cargo fails.
    pub fn build_for_tests() -> Result<Self> {
        let programs = Service::ALL.into_iter().flat_map(|service| ["--bin".to_owned(), service.program()]);
        built(["--workspace", "--test", SMALLEST_TEST].map(str::to_owned).into_iter().chain(programs))
    }

    pub fn of(&self, service: Service) -> Result<&Path> {
        let path = self.0.get(&service).map(PathBuf::as_path);
        path.with_context(|| format!("there is no program {}", service.program()))
    }
}

/// Builds examples of the workspace as `cargo test` does, and returns the path of the first one. Cargo puts the others next to
/// it.
///
/// # Errors
///
/// If cargo fails, or there is no such example.
pub fn build_examples_for_tests(names: &[&str]) -> Result<PathBuf> {
    let selection = names.iter().flat_map(|name| ["--example", name]);
    let executables = executables(
        ["--workspace", "--test", SMALLEST_TEST].into_iter().chain(selection).map(str::to_owned),
    )?;
    let first = executables.into_iter().find(|(name, _)| names.first() == Some(&name.as_str()));
    first.map(|(_, path)| path).context("there is no such example")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn built(selection: impl Iterator<Item = String>) -> Result<Binaries> {
    let executables = executables(selection)?;
    collect(|program| executables.iter().find(|(name, _)| name == program).map(|(_, path)| path.clone()))
}

/// Names and paths of what cargo builds.
fn executables(selection: impl Iterator<Item = String>) -> Result<Vec<(String, PathBuf)>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build.args(["build", "--message-format=json-render-diagnostics"]).args(selection);
    for (name, _) in std::env::vars_os() {
        if OF_THE_OUTER_CARGO.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            build.env_remove(name);
        }
    }
    build.current_dir(workspace()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let output = build.spawn().and_then(std::process::Child::wait_with_output).context("cannot run cargo")?;
    ensure!(output.status.success(), "building the programs failed");
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages.lines().filter_map(executable).collect())
}

/// The name and the path of the program, if the message of cargo is about one.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let name = message["target"]["name"].as_str()?.to_owned();
    Some((name, PathBuf::from(message["executable"].as_str()?)))
}

fn next_to_this_program() -> Result<Binaries> {
    let program = std::env::current_exe().context("this program has no path")?;
    collect(|name| Some(program.with_file_name(name)).filter(|path| path.is_file()))
}

fn collect(find: impl Fn(&str) -> Option<PathBuf>) -> Result<Binaries> {
    let mut found = BTreeMap::new();
    for service in Service::ALL {
        let program = service.program();
        let Some(path) = find(&program) else { bail!("there is no program {program}") };
        found.insert(service, path);
    }
    Ok(Binaries(found))
}
