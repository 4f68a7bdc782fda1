//! Commands of the services, run to completion against the servers of a system.

use std::{
    process::{Command, Stdio},
    thread::scope,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    Binaries, Service, SystemOptions, data_folder::DataFolder, environment::of_commands,
    servers::RunningServers,
};

pub(crate) struct Commands<'a> {
    pub(crate) options: &'a SystemOptions,
    pub(crate) folder: &'a DataFolder,
    pub(crate) binaries: &'a Binaries,
    pub(crate) servers: &'a RunningServers,
}

pub(crate) struct Finished {
    /// None if a signal ended the command.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
}

impl Commands<'_> {
    /// `secrets` are environment variables.
    pub(crate) fn run(&self, service: Service, args: &[&str], secrets: &[(&str, &str)]) -> Result<Finished> {
        let mut command = Command::new(self.binaries.of(service)?);
        command.args(args).envs(secrets.iter().copied()).stdin(Stdio::null());
        command.envs(of_commands(service, self.options, self.folder, self.servers)?);
        let output = command.output().with_context(|| format!("cannot run {}", service.program()))?;
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Finished { code: output.status.code(), stderr })
    }

    /// Migrates all databases, at the same time.
    pub(crate) fn migrate(&self) -> Result<()> {
        scope(|scope| {
            let migrations: Vec<_> = Service::with_database()
                .map(|service| (service, scope.spawn(move || self.run(service, &["migrate"], &[]))))
                .collect();
            for (service, migration) in migrations {
                let Ok(done) = migration.join() else { bail!("migrating {service} was interrupted") };
                let Finished { code, stderr } = done?;
                ensure!(code == Some(0), "migrating the database of {service} failed:\n{stderr}");
            }
            Ok(())
        })
    }
}
