//! Logging in, beside bcrypt by itself.

use std::{thread, time::Instant};

use anyhow::{Context as _, Result, ensure};
use booked_local_system::Service;
use tokio::task::block_in_place;

use crate::{
    comparison::Part,
    context::Bench,
    rounds::{all_at_once, per_second, take_turns},
    settings::cores,
    stage::Stage,
};

/// The default of the user service.
const COST: u32 = 12;
const EMAIL: &str = "ada@load.example";
const PASSWORD: &str = "correct horse";
/// On each core, for each second of a turn.
const COUNT_PER_S: u32 = 3;

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let stage = Stage::start(bench, "log-in", &[(Service::User, "BCRYPT_COST", COST.to_string())]).await?;
    stage.gateway.register("Ada", EMAIL, PASSWORD).await?;
    let hash = bcrypt::hash(PASSWORD, COST).context("bcrypt")?;
    let each = usize::try_from(bench.effort.for_each_second(COUNT_PER_S))?;
    let log_in = async |_| Ok(stage.gateway.log_in(EMAIL, PASSWORD).await.map(drop)?);
    log_in(0).await?;
    let figures = take_turns(
        bench.effort.rounds,
        async || {
            let (done, took) = all_at_once(2 * cores(), 0..each * cores(), log_in).await?;
            per_second(done.len(), took)
        },
        async || block_in_place(|| on_all_cores(&hash, each)),
    )
    .await?;
    Ok(vec![Part::beside("log-ins/s", figures.ours, figures.floor).noting(format!("bcrypt of cost {COST}."))])
}

/// So many on each core; how many a second that is.
fn on_all_cores(hash: &str, each: usize) -> Result<f64> {
    let begun = Instant::now();
    let verify = || (0..each).all(|_| bcrypt::verify(PASSWORD, hash).is_ok_and(|is_right| is_right));
    let are_right = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(verify)).collect();
        threads.into_iter().all(|thread| thread.join().is_ok_and(|is_right| is_right))
    });
    ensure!(are_right, "bcrypt refused the password");
    per_second(each * cores(), begun.elapsed())
}
