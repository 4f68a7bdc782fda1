//! Logging in, compared with bcrypt alone.

use std::{thread, time::Instant};

use anyhow::{Context as _, Result, ensure};
use booked_local_system::Service;
use tokio::task::block_in_place;

use crate::{
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    settings::cores,
    testbed::Testbed,
    turns::{Done, Pairs, Processes, Turn, alternate},
    usage::CpuTimes,
};

const GOAL: f64 = 0.95;
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
    let own_cpu = || Ok(CpuTimes::of([("bcrypt".to_owned(), std::process::id())]));
    let (ours, floor) = alternate(
        bench.effort.rounds,
        async || {
            let all = run_concurrently(2 * cores(), 0..each * cores(), log_in);
            Turn::measure(|| testbed.cpu(), async { all.await.map(|(_, done)| done) }).await
        },
        async || Turn::measure(own_cpu, async { block_in_place(|| on_all_cores(&hash, each)) }).await,
    )
    .await?;
    let pairs = Pairs { ours: &ours, floor: &floor };
    Ok(vec![
        pairs.rate("log-ins/s").with_goal(GOAL).with_note(format!("bcrypt of cost {COST}.")),
        pairs.cpu(Processes::Named(&["user", "gateway"]), Processes::All)?.with_goal(GOAL),
    ])
}

/// Verifies this many passwords on each core.
fn on_all_cores(hash: &str, each: usize) -> Result<Done> {
    let begun = Instant::now();
    let verify = || (0..each).all(|_| bcrypt::verify(PASSWORD, hash).is_ok_and(|is_valid| is_valid));
    let are_valid = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(verify)).collect();
        threads.into_iter().all(|thread| thread.join().is_ok_and(|is_valid| is_valid))
    });
    ensure!(are_valid, "bcrypt refused the password");
    Ok(Done { calls: each * cores(), took: begun.elapsed() })
}
