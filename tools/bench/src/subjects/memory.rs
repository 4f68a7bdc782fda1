//! The resident size of each process.

use anyhow::{Context as _, Result};
use booked_load::client::Request;
use tokio::time::sleep;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    rounds::all_at_once,
    settings::{CLIENTS, cores},
    stage::Stage,
    subjects::on_sale::rush_of,
    usage::{Size, resident_mb},
    wrk::Wrk,
};

const IDLE_LIMIT_MB: f64 = 25.0;
const BUSY_LIMIT_MB: f64 = 100.0;
const BUYERS: u32 = 20_000;
const SEATS: u32 = 10_000;
const AT_ONCE: usize = 512;
const LOG_INS: usize = 8;

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let stage = Stage::start(bench, "memory", &[]).await?;
    sleep(bench.effort.slice).await;
    let idle = sizes(&stage, Size::Now)?;
    let crowd = buyers::buyers(&stage, BUYERS)?;
    rush_of(&stage, &crowd, AT_ONCE, SEATS).await?;
    let list = Wrk { tools: &bench.tools, folder: stage.folder(), path: "/event/?limit=10", post: None };
    list.run(&stage.url(), bench.effort.slice_s()).await?;
    let admin = stage.system.admin();
    let log_in = async |_| Ok(stage.gateway.log_in(&admin.email, &admin.password).await.map(drop)?);
    // No more at a time than are hashed at a time, so that none is refused for want of room.
    all_at_once(cores(), 0..LOG_INS, log_in).await?;
    let look = async |_| buyers::good(stage.admin.ask(Request::get("/analytics/")).await?).map(drop);
    all_at_once(CLIENTS, 0..CLIENTS, look).await?;
    let busy = sizes(&stage, Size::Highest)?;
    let part = |limit, state: &'static str| {
        move |(name, mb): (String, f64)| Part::within("MB", vec![mb], limit).named(format!("{name} {state}"))
    };
    let parts = idle.into_iter().map(part(IDLE_LIMIT_MB, "idle"));
    Ok(parts.chain(busy.into_iter().map(part(BUSY_LIMIT_MB, "under load"))).collect())
}

fn sizes(stage: &Stage, size: Size) -> Result<Vec<(String, f64)>> {
    let processes = stage.system.processes().iter();
    let sizes = processes.map(|process| {
        let pid = process.pid().with_context(|| format!("{} does not run", process.name()))?;
        Ok((process.name(), resident_mb(pid, size)?))
    });
    sizes.collect()
}
