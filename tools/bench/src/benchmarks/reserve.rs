//! Reserving two seats, compared with the script alone.

use anyhow::{Context as _, Result};
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    rounds::alternate,
    testbed::{Testbed, cost},
    valkey_benchmark::ValkeyBenchmark,
    wrk::{Post, Wrk},
};

/// The maximum of an event.
const SEATS: u32 = 1_000_000;
/// Of the floor, for each second of a turn.
const COUNT_PER_S: u32 = 30_000;
/// An event has enough seats for this many.
const COUNT_MAX: u32 = 400_000;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "reserve", &[]).await?;
    let buyer = buyers::buyers(&testbed, 1)?.pop().context("there is no buyer")?;
    let floor = ValkeyBenchmark { tools: &bench.tools, valkey: &testbed.valkey };
    let count = bench.effort.for_each_second(COUNT_PER_S).min(COUNT_MAX);
    let slice_s = bench.effort.slice_s();
    // The first reservation loads the inventory.
    let event = async || {
        let event = testbed.event(SEATS).await?;
        buyers::hold(&buyer, event, 2).await?;
        anyhow::Ok(event)
    };
    let ours = async |event: Uuid, slice_s: u64| {
        let body = format!(r#"{{"event_id":"{event}","count":2}}"#);
        let post = Some(Post { token: buyer.token().unwrap_or_default(), body: &body, each_time: None });
        let wrk = Wrk { tools: &bench.tools, folder: testbed.folder(), path: "/ticket/reserve/", post };
        wrk.run(&testbed.url(), slice_s).await
    };
    ours(event().await?, 1).await?;
    let mut costs = Vec::new();
    let figures = alternate(
        bench.effort.rounds,
        async || {
            let event = event().await?;
            let before = testbed.cpu()?;
            let rate = ours(event, slice_s).await?;
            costs.push(cost(&before, &testbed.cpu()?, rate * bench.effort.slice.as_secs_f64()));
            Ok(rate)
        },
        async || floor.run(event().await?, count).await,
    )
    .await?;
    let part = Part::against_floor("reservations/s", figures.ours, figures.floor);
    Ok(vec![costs.pop().into_iter().fold(part, Part::with_note)])
}
