//! Launching a server on a port that another program may take at the same moment.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::supervisor::Supervised;

/// How often a new server tries another port.
pub(crate) const PORT_ATTEMPTS_MAX: u32 = 5;
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a restart waits for a port that another program took in the meantime.
const PORT_BUSY_MAX: Duration = Duration::from_secs(10);
const PORT_BUSY_POLL: Duration = Duration::from_millis(100);

pub(crate) enum LaunchError {
    PortInUse(anyhow::Error),
    Other(anyhow::Error),
}

impl LaunchError {
    fn into_error(self) -> anyhow::Error {
        let (Self::PortInUse(error) | Self::Other(error)) = self;
        error
    }
}

impl From<anyhow::Error> for LaunchError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// The server as soon as it is ready. `port_in_use` is what it logs if it cannot have its port.
pub(crate) fn await_ready(
    mut running: Supervised,
    port_in_use: &str,
    is_ready: impl Fn(&Supervised) -> bool,
) -> Result<Supervised, LaunchError> {
    match running.await_ready(READY_WITHIN, is_ready) {
        Ok(()) => Ok(running),
        Err(error) if running.log_text().contains(port_in_use) => Err(LaunchError::PortInUse(error)),
        Err(error) => Err(LaunchError::Other(error)),
    }
}

/// Launches a new server, which chooses another port at each attempt.
pub(crate) fn launch_new(
    attempts_max: u32,
    mut launch: impl FnMut() -> Result<(), LaunchError>,
) -> anyhow::Result<()> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match launch() {
            Err(LaunchError::PortInUse(_)) if attempts < attempts_max => {}
            other => return other.map_err(LaunchError::into_error),
        }
    }
}

/// Launches a server at its old port.
pub(crate) fn relaunch(mut launch: impl FnMut() -> Result<(), LaunchError>) -> anyhow::Result<()> {
    let deadline = Instant::now() + PORT_BUSY_MAX;
    loop {
        match launch() {
            Err(LaunchError::PortInUse(_)) if Instant::now() < deadline => sleep(PORT_BUSY_POLL),
            other => return other.map_err(LaunchError::into_error),
        }
    }
}
