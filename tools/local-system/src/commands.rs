//! Commands of the services, run to their end on the servers of a system.

use std::{
    process::{Command, Stdio},
    thread::scope,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    Binaries, Service, SystemOptions, data_folder::DataFolder, environment::of_commands,
    servers::RunningServers,
};

/// Runs the programs of the five on these servers.
pub(crate) struct Commands<'a> {
    pub(crate) options: &'a SystemOptions,
    pub(crate) folder: &'a DataFolder,
    pub(crate) binaries: &'a Binaries,
    pub(crate) servers: &'a RunningServers,
}

/// How a command ended, and what it wrote to standard error.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) words: String,
}

impl Commands<'_> {
    /// Runs a command of a service to its end.
    pub(crate) fn run(&self, service: Service, words: &[&str], secrets: &[(&str, &str)]) -> Result<Finished> {
        let mut command = Command::new(self.binaries.of(service)?);
        command.args(words).envs(secrets.iter().copied()).stdin(Stdio::null());
        command.envs(of_commands(service, self.options, self.folder, self.servers)?);
        let output = command.output().with_context(|| format!("cannot run {}", service.program()))?;
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Finished { code: output.status.code(), words })
    }

    /// Brings the four databases up to date, side by side.
    pub(crate) fn migrate(&self) -> Result<()> {
        scope(|scope| {
            let migrations = Service::BEHIND_GATEWAY
                .map(|service| (service, scope.spawn(move || self.run(service, &["migrate"], &[]))));
            for (service, migration) in migrations {
                let Ok(done) = migration.join() else { bail!("migrating {service} was interrupted") };
                let Finished { code, words } = done?;
                ensure!(code == Some(0), "migrating the database of {service} failed:\n{words}");
            }
            Ok(())
        })
    }
}
