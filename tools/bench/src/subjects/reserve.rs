//! Reserving two seats, beside the script by itself.

use anyhow::{Context as _, Result};
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    rounds::take_turns,
    stage::{Stage, cost},
    valkey_benchmark::ValkeyBenchmark,
    wrk::{Post, Wrk},
};

/// The most that an event may have.
const SEATS: u32 = 1_000_000;
/// Of the floor, for each second of a turn.
const COUNT_PER_S: u32 = 30_000;
/// So that the seats of an event are enough.
const COUNT_MAX: u32 = 400_000;

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let stage = Stage::start(bench, "reserve", &[]).await?;
    let buyer = buyers::buyers(&stage, 1)?.pop().context("there is no buyer")?;
    let floor = ValkeyBenchmark { tools: &bench.tools, valkey: &stage.valkey };
    let count = bench.effort.for_each_second(COUNT_PER_S).min(COUNT_MAX);
    let slice_s = bench.effort.slice_s();
    // With its map, which the first reservation makes.
    let event = async || {
        let event = stage.event(SEATS).await?;
        buyers::hold(&buyer, event, 2).await?;
        anyhow::Ok(event)
    };
    let ours = async |event: Uuid, slice_s: u64| {
        let body = format!(r#"{{"event_id":"{event}","count":2}}"#);
        let post = Some(Post { token: buyer.token().unwrap_or_default(), body: &body });
        let wrk = Wrk { tools: &bench.tools, folder: stage.folder(), path: "/ticket/reserve/", post };
        wrk.run(&stage.url(), slice_s).await
    };
    ours(event().await?, 1).await?;
    let mut costs = Vec::new();
    let figures = take_turns(
        bench.effort.rounds,
        async || {
            let event = event().await?;
            let before = stage.cpu()?;
            let rate = ours(event, slice_s).await?;
            costs.push(cost(&before, &stage.cpu()?, rate * bench.effort.slice.as_secs_f64()));
            Ok(rate)
        },
        async || floor.run(event().await?, count).await,
    )
    .await?;
    let part = Part::beside("reservations/s", figures.ours, figures.floor);
    Ok(vec![costs.pop().into_iter().fold(part, Part::noting)])
}
