//! Listing events while they sell, beside a file.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use booked_load::client::{Request, Session};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    nginx::{Nginx, Serves},
    rounds::take_turns,
    stage::{Stage, cost},
    wrk::Wrk,
};

const EVENTS: usize = 30;
const SEATS: u32 = 1_000_000;
const PATH: &str = "/event/?limit=10";
const FILE: &str = "page.json";
/// Between two reservations: 200 a second.
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let stage = Stage::start(bench, "browse", &[]).await?;
    let buyer = buyers::buyers(&stage, 1)?.pop().context("there is no buyer")?;
    let mut events = Vec::new();
    for _ in 0..EVENTS {
        let event = stage.event(SEATS).await?;
        buyers::hold(&buyer, event, 1).await?;
        events.push(event);
    }
    let page = buyers::good(stage.gateway.ask(Request::get(PATH)).await?)?.body;
    let files = stage.folder().join("files");
    fs::create_dir_all(&files)
        .and_then(|()| fs::write(files.join(FILE), &page))
        .context("cannot write the page")?;
    let floor = Nginx::start(&bench.tools, stage.folder(), false, Serves::Files(&files)).await?;
    let ask = |path| Wrk { tools: &bench.tools, folder: stage.folder(), path, post: None };
    let (ours, file, slice_s) = (ask(PATH), ask("/page.json"), bench.effort.slice_s());
    let (ours_url, floor_url) = (stage.url(), floor.url());
    ours.run(&ours_url, 1).await?;
    file.run(&floor_url, 1).await?;
    let mut costs = Vec::new();
    let figures = take_turns(
        bench.effort.rounds,
        async || {
            let before = stage.cpu()?;
            let rate = while_selling(&buyer, &events, ours.run(&ours_url, slice_s)).await?;
            costs.push(cost(&before, &stage.cpu()?, rate * bench.effort.slice.as_secs_f64()));
            Ok(rate)
        },
        async || while_selling(&buyer, &events, file.run(&floor_url, slice_s)).await,
    )
    .await?;
    let later = buyers::good(stage.gateway.ask(Request::get(PATH)).await?)?.body;
    ensure!(later != page, "the listing did not change though seats were reserved");
    let part = Part::beside("answers/s", figures.ours, figures.floor)
        .noting(format!("An answer has {} bytes.", page.len()));
    Ok(vec![costs.pop().into_iter().fold(part, Part::noting)])
}

/// Seats of the events are reserved, in turn, as long as the work takes.
async fn while_selling(
    buyer: &Session,
    events: &[Uuid],
    work: impl Future<Output = Result<f64>>,
) -> Result<f64> {
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
        rate = work => rate,
        ended = sell => ended.and(Err(anyhow::anyhow!("the sale ended"))),
    }
}
