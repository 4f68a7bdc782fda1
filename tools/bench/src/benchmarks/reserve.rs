//! Reserving two seats, compared with the script alone.

use anyhow::{Context as _, Result};
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate, cost},
    valkey_benchmark::ValkeyBenchmark,
    wrk::{Post, Wrk},
};

const RATE_GOAL: f64 = 0.5;
/// Gateway and ticketing together take no more than 1.2 times what the script takes.
const CPU_GOAL: f64 = 1.0 / 1.2;
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
    let (ours, floor) = alternate(
        bench.effort.rounds,
        async || {
            let event = event().await?;
            Turn::measure(|| testbed.cpu(), ours(event, slice_s)).await
        },
        async || {
            let event = event().await?;
            Turn::measure(|| testbed.cpu(), floor.run(event, 2, count)).await
        },
    )
    .await?;
    let pairs = Pairs { ours: &ours, floor: &floor };
    let cpu = pairs.cpu(Processes::Named(&["gateway", "ticketing"]), Processes::Named(&["valkey"]))?;
    Ok(vec![
        pairs.rate("reservations/s").with_goal(RATE_GOAL).with_note(cost(&ours)),
        cpu.with_goal(CPU_GOAL),
    ])
}
