//! Starts the processes of a system, and waits until each is ready.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use booked_sandbox::free_port;

use crate::{
    Process, Progress, Service,
    commands::Commands,
    environment::{Ports, Seat, of_commands, of_serving},
    process::Start,
};

const READY_WITHIN: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
/// How often ports are chosen anew if somebody else was quicker to take one.
const PORT_ATTEMPTS_MAX: u32 = 3;
const PORT_TAKEN: &str = "Address already in use";

pub(crate) fn start_processes(commands: &Commands<'_>, progress: &Progress) -> Result<Vec<Process>> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let seats = seats(commands)?;
        let processes =
            seats.iter().map(|seat| process(commands, *seat, &seats)).collect::<Result<Vec<_>>>()?;
        processes.iter().try_for_each(Process::start)?;
        match await_ready(&processes, progress) {
            Err(error) if attempts < PORT_ATTEMPTS_MAX && error.to_string().contains(PORT_TAKEN) => {}
            other => return other.map(|()| processes),
        }
    }
}

fn seats(commands: &Commands<'_>) -> Result<Vec<Seat>> {
    let mut seats = Vec::new();
    for service in Service::ALL {
        for number in 1..=commands.options.replicas_of(service) {
            let wanted = commands.options.port.filter(|_| service == Service::Gateway);
            let ports = Ports { traffic: wanted.map_or_else(free_port, Ok)?, admin: free_port()? };
            seats.push(Seat { service, number, ports });
        }
    }
    Ok(seats)
}

fn process(commands: &Commands<'_>, seat: Seat, all: &[Seat]) -> Result<Process> {
    let mut environment = of_serving(seat, all);
    environment.extend(of_commands(seat.service, commands.options, commands.folder, commands.servers)?);
    let program = commands.binaries.of(seat.service)?;
    Ok(Process::new(seat, program, environment, commands.folder.log_of(&seat.name())))
}

fn await_ready(processes: &[Process], progress: &Progress) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    let mut waiting: Vec<&Process> = processes.iter().collect();
    let mut said = 0;
    while !waiting.is_empty() {
        if waiting.len() != said {
            said = waiting.len();
            let names: Vec<String> = waiting.iter().map(|process| process.name()).collect();
            progress.step(&format!("Waiting for {}", names.join(", ")));
        }
        let mut left = Vec::new();
        for process in waiting {
            match process.look() {
                Start::Ready => {}
                Start::Starting => left.push(process),
                Start::Failed(words) => {
                    bail!("{} ended while starting; {}:\n{words}", process.name(), process.log().display())
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
