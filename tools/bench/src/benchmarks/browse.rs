//! Listing events while their seats sell, compared with a file.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use booked_client::Request;
use booked_load::client::Session;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    nginx::{self, Serves},
    testbed::Testbed,
    turns::{Done, Pairs, Processes, Turn, alternate, cost},
    usage::CpuTimes,
    wrk::Wrk,
};

const GOAL: f64 = 0.5;
const EVENTS: usize = 30;
const SEATS: u32 = 1_000_000;
const PATH: &str = "/event/?limit=10";
const FILE: &str = "page.json";
/// Between two reservations: 200 a second.
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "browse", &[]).await?;
    let buyer = buyers::buyers(&testbed, 1)?.pop().context("there is no buyer")?;
    let mut events = Vec::new();
    for _ in 0..EVENTS {
        let event = testbed.event(SEATS).await?;
        buyers::hold(&buyer, event, 1).await?;
        events.push(event);
    }
    let page = buyers::success(testbed.gateway.send(Request::get(PATH)).await?)?.body;
    let files = testbed.folder().join("files");
    fs::create_dir_all(&files)
        .and_then(|()| fs::write(files.join(FILE), &page))
        .context("cannot write the page")?;
    let floor = nginx::start(&bench.tools, testbed.folder(), false, Serves::Files(&files)).await?;
    let ask = |path| Wrk { tools: &bench.tools, folder: testbed.folder(), path, post: None };
    let (ours, file, slice_s) = (ask(PATH), ask("/page.json"), bench.effort.slice_s());
    let (ours_url, floor_url) = (testbed.url(), floor.url());
    ours.run(&ours_url, 1).await?;
    file.run(&floor_url, 1).await?;
    let nginx_cpu = || Ok(CpuTimes::of([("nginx".to_owned(), floor.pid())]));
    let (ours, floor) = alternate(
        bench.effort.rounds,
        async || {
            let work = while_selling(&buyer, &events, ours.run(&ours_url, slice_s));
            Turn::measure(|| testbed.cpu(), work).await
        },
        async || {
            let work = while_selling(&buyer, &events, file.run(&floor_url, slice_s));
            Turn::measure(nginx_cpu, work).await
        },
    )
    .await?;
    let later = buyers::success(testbed.gateway.send(Request::get(PATH)).await?)?.body;
    ensure!(later != page, "the listing did not change though seats were reserved");
    let pairs = Pairs { ours: &ours, floor: &floor };
    let rate = pairs.rate("responses/s").with_note(format!("A response has {} bytes.", page.len()));
    let cpu = pairs.cpu(Processes::All, Processes::All)?.with_goal(GOAL);
    Ok(vec![rate, cpu.with_note(cost(&ours))])
}

/// Reserves seats of all events, in turn, until the work is done.
async fn while_selling(
    buyer: &Session,
    events: &[Uuid],
    work: impl Future<Output = Result<Done>>,
) -> Result<Done> {
    let sell = async {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        for event in events.iter().cycle() {
            ticks.tick().await;
            buyers::hold(buyer, *event, 1).await?;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        done = work => done,
        ended = sell => ended.and(Err(anyhow::anyhow!("the sale ended"))),
    }
}
