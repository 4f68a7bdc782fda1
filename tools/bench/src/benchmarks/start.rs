//! How long a process takes until it is ready.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use booked_local_system::{Process, Readiness};
use tokio::task::block_in_place;

use crate::{comparison::Part, context::BenchContext, testbed::Testbed};

const LIMIT_MS: f64 = 200.0;
const POLL: Duration = Duration::from_millis(1);
const GIVE_UP: Duration = Duration::from_secs(60);

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "start", &[]).await?;
    let processes = testbed.system.processes().iter();
    processes
        .map(|process| {
            let rounds = (0..bench.effort.rounds).map(|_| block_in_place(|| start_ms(process)));
            Ok(Part::against_limit("ms", rounds.collect::<Result<_>>()?, LIMIT_MS).named(process.name()))
        })
        .collect()
}

fn start_ms(process: &Process) -> Result<f64> {
    process.stop();
    let begun = Instant::now();
    process.start()?;
    loop {
        match process.readiness() {
            Readiness::Ready => return Ok(begun.elapsed().as_secs_f64() * 1e3),
            Readiness::Failed(log) => bail!("{} ended while starting: {log}", process.name()),
            Readiness::Starting if begun.elapsed() > GIVE_UP => bail!("{} does not start", process.name()),
            Readiness::Starting => std::thread::sleep(POLL),
        }
    }
}
