//! The resident size of each process.

use anyhow::{Context as _, Result};
use booked_client::operations::list_analytics;
use tokio::time::sleep;

use crate::{
    benchmarks::on_sale::rush_of,
    buyers,
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    settings::{CLIENTS, cores},
    testbed::Testbed,
    usage::{Size, resident_mb},
    wrk::Wrk,
};

const IDLE_LIMIT_MB: f64 = 25.0;
const BUSY_LIMIT_MB: f64 = 100.0;
const BUYERS: u32 = 20_000;
const SEATS: u32 = 10_000;
const CONCURRENCY: usize = 512;
const LOG_INS: usize = 8;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "memory", &[]).await?;
    sleep(bench.effort.slice).await;
    let idle = sizes(&testbed, Size::Now)?;
    let crowd = buyers::buyers(&testbed, BUYERS)?;
    rush_of(&testbed, &crowd, CONCURRENCY, SEATS).await?;
    let list = Wrk { tools: &bench.tools, folder: testbed.folder(), path: "/event/?limit=10", post: None };
    list.run(&testbed.url(), bench.effort.slice_s()).await?;
    let admin = testbed.system.admin();
    let log_in = async |_| Ok(testbed.gateway.log_in(&admin.email, &admin.password).await.map(drop)?);
    // No more than are hashed concurrently, so that none is refused because the queue is full.
    run_concurrently(cores(), 0..LOG_INS, log_in).await?;
    let read =
        async |_| buyers::success(testbed.admin.send(list_analytics().into_request()).await?).map(drop);
    run_concurrently(CLIENTS, 0..CLIENTS, read).await?;
    let busy = sizes(&testbed, Size::Max)?;
    let part = |limit, state: &'static str| {
        move |(name, mb): (String, f64)| {
            Part::against_limit("MB", vec![mb], limit).named(format!("{name} {state}"))
        }
    };
    let parts = idle.into_iter().map(part(IDLE_LIMIT_MB, "idle"));
    Ok(parts.chain(busy.into_iter().map(part(BUSY_LIMIT_MB, "under load"))).collect())
}

fn sizes(testbed: &Testbed, size: Size) -> Result<Vec<(String, f64)>> {
    let processes = testbed.system.processes().iter();
    let sizes = processes.map(|process| {
        let pid = process.pid().with_context(|| format!("{} does not run", process.name()))?;
        Ok((process.name(), resident_mb(pid, size)?))
    });
    sizes.collect()
}
