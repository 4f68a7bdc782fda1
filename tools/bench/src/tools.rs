//! The programs that are not ours: found, or installed by apt if that is allowed.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use booked_sandbox::{Programs, install_packages, install_policy, programs};
use tokio::{process::Command, time::timeout};

/// A program that takes this much longer than expected hangs.
const GRACE: Duration = Duration::from_secs(60);

/// The programs on this machine.
pub struct Tools {
    pub(super) servers: Programs,
}

/// A program that is not part of booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Nginx,
    Haproxy,
    Apache,
    Openssl,
    Wrk,
    Pgbench,
    ValkeyBenchmark,
}

impl Tool {
    const ALL: [Self; 7] = [
        Self::Nginx,
        Self::Haproxy,
        Self::Apache,
        Self::Openssl,
        Self::Wrk,
        Self::Pgbench,
        Self::ValkeyBenchmark,
    ];

    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Apache => "apache2",
            Self::Openssl => "openssl",
            Self::Wrk => "wrk",
            Self::Pgbench => "pgbench",
            Self::ValkeyBenchmark => "valkey-benchmark",
        }
    }

    /// The Debian package that contains it, or brings it along.
    fn package(self) -> &'static str {
        match self {
            Self::Nginx => "nginx-light",
            Self::Haproxy => "haproxy",
            Self::Apache => "libapache2-mod-auth-openidc",
            Self::Openssl => "openssl",
            Self::Wrk => "wrk",
            Self::Pgbench => "postgresql-contrib",
            Self::ValkeyBenchmark => "valkey-tools",
        }
    }
}

impl Tools {
    /// Finds or installs all tools. Only the benchmarks that need a missing one will fail.
    pub fn prepare(say: impl Fn(&str)) -> Result<Self> {
        let policy = install_policy();
        let tools = Self { servers: programs(policy)? };
        let missing: Vec<&str> =
            Tool::ALL.into_iter().filter(|tool| tools.of(*tool).is_err()).map(Tool::package).collect();
        if !missing.is_empty()
            && let Err(error) = install_packages(policy, &missing)
        {
            say(&format!("{error:#}"));
        }
        Ok(tools)
    }

    pub(super) fn of(&self, tool: Tool) -> Result<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let valkey_folder = self.servers.valkey_server.parent().map(Path::to_owned);
        let folders = std::env::split_paths(&path)
            .chain([self.servers.postgres_bin.clone()])
            .chain(valkey_folder)
            .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
        let mut programs = folders.map(|folder| folder.join(tool.program()));
        let name = tool.program();
        programs.find(|it| it.is_file()).with_context(|| {
            format!(
                "{name} is not on this machine (Debian: {}; BOOKED_INSTALL=1 installs it)",
                tool.package()
            )
        })
    }
}

/// Runs a program that should take this long, and returns its standard output.
pub(super) async fn output(program: &Path, args: &[String], expected: Duration) -> Result<String> {
    let name = program.display();
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    let Ok(ended) = timeout(expected + GRACE, command.output()).await else {
        bail!("{name} does not end");
    };
    let output = ended.with_context(|| format!("cannot run {name}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {}", stderr.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
