//! Starts the processes of a system and waits until all are ready.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use booked_sandbox::free_port;

use crate::{
    Process, Progress, Service,
    commands::Commands,
    environment::{of_commands, of_serving},
    instance::{Instance, Ports},
    process::Readiness,
};

const READY_WITHIN: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
/// How often ports are chosen again because another program was quicker to take one.
const PORT_ATTEMPTS_MAX: u32 = 3;
const PORT_TAKEN: &str = "Address already in use";

pub(crate) fn start_processes(commands: &Commands<'_>, progress: &Progress) -> Result<Vec<Process>> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let instances = instances(commands)?;
        let processes = instances
            .iter()
            .map(|instance| process(commands, *instance, &instances))
            .collect::<Result<Vec<_>>>()?;
        processes.iter().try_for_each(Process::start)?;
        match await_ready(&processes, progress) {
            Err(error) if attempts < PORT_ATTEMPTS_MAX && error.to_string().contains(PORT_TAKEN) => {}
            other => return other.map(|()| processes),
        }
    }
}

fn instances(commands: &Commands<'_>) -> Result<Vec<Instance>> {
    let mut instances = Vec::new();
    for service in Service::ALL {
        for number in 1..=commands.options.replicas_of(service) {
            let wanted = commands.options.port.filter(|_| service == Service::Gateway);
            let ports = Ports { traffic: wanted.map_or_else(free_port, Ok)?, admin: free_port()? };
            instances.push(Instance { service, number, ports });
        }
    }
    Ok(instances)
}

fn process(commands: &Commands<'_>, instance: Instance, all: &[Instance]) -> Result<Process> {
    let mut environment = of_serving(instance, all);
    environment.extend(of_commands(instance.service, commands.options, commands.folder, commands.servers)?);
    let program = commands.binaries.of(instance.service)?;
    Ok(Process::new(instance, program, environment, commands.folder.log_of(&instance.name())))
}

fn await_ready(processes: &[Process], progress: &Progress) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    let mut waiting: Vec<&Process> = processes.iter().collect();
    let mut shown = 0;
    while !waiting.is_empty() {
        if waiting.len() != shown {
            shown = waiting.len();
            let names: Vec<String> = waiting.iter().map(|process| process.name()).collect();
            progress.step(&format!("Waiting for {}", names.join(", ")));
        }
        let mut left = Vec::new();
        for process in waiting {
            match process.readiness() {
                Readiness::Ready => {}
                Readiness::Starting => left.push(process),
                Readiness::Failed(log) => {
                    bail!("{} ended while starting; {}:\n{log}", process.name(), process.log().display())
                }
            }
        }
        waiting = left;
        if let Some(process) = waiting.first() {
            let (name, log) = (process.name(), process.log().display());
            ensure!(Instant::now() < deadline, "{name} is not ready after {READY_WITHIN:?}; see {log}");
            sleep(READY_POLL);
        }
    }
    Ok(())
}
