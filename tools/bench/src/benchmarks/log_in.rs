//! Logging in, compared with bcrypt alone.

use std::{thread, time::Instant};

use anyhow::{Context as _, Result, ensure};
use booked_local_system::Service;
use tokio::task::block_in_place;

use crate::{
    comparison::Part,
    context::BenchContext,
    rounds::{alternate, per_second, run_concurrently},
    settings::cores,
    testbed::Testbed,
};

/// The default of the user service.
const COST: u32 = 12;
const EMAIL: &str = "ada@load.example";
const PASSWORD: &str = "correct horse";
/// Per core, for each second of a turn.
const COUNT_PER_S: u32 = 3;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed =
        Testbed::start(bench, "log-in", &[(Service::User, "BCRYPT_COST", COST.to_string())]).await?;
    testbed.gateway.register("Ada", EMAIL, PASSWORD).await?;
    let hash = bcrypt::hash(PASSWORD, COST).context("bcrypt")?;
    let each = usize::try_from(bench.effort.for_each_second(COUNT_PER_S))?;
    let log_in = async |_| Ok(testbed.gateway.log_in(EMAIL, PASSWORD).await.map(drop)?);
    log_in(0).await?;
    let figures = alternate(
        bench.effort.rounds,
        async || {
            let (done, took) = run_concurrently(2 * cores(), 0..each * cores(), log_in).await?;
            per_second(done.len(), took)
        },
        async || block_in_place(|| on_all_cores(&hash, each)),
    )
    .await?;
    Ok(vec![
        Part::against_floor("log-ins/s", figures.ours, figures.floor)
            .with_note(format!("bcrypt of cost {COST}.")),
    ])
}

/// Verifies this many passwords on each core, and returns how many that is per second.
fn on_all_cores(hash: &str, each: usize) -> Result<f64> {
    let begun = Instant::now();
    let verify = || (0..each).all(|_| bcrypt::verify(PASSWORD, hash).is_ok_and(|is_valid| is_valid));
    let are_valid = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(verify)).collect();
        threads.into_iter().all(|thread| thread.join().is_ok_and(|is_valid| is_valid))
    });
    ensure!(are_valid, "bcrypt refused the password");
    per_second(each * cores(), begun.elapsed())
}
