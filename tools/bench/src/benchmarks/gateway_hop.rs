//! What the gateway adds to a call: ours, which verifies the token, compared with nginx, which only forwards.

use std::cell::Cell;

use anyhow::{Context as _, Result};
use booked_local_system::Service;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    nginx::{Nginx, Serves},
    rounds::alternate,
    testbed::Testbed,
    usage,
    wrk::{Post, Wrk},
};

const PATH: &str = "/ticket/reserve/";

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let (tools, folder) = (&bench.tools, bench.folder.as_path());
    let upstream = Nginx::start(tools, folder, true, Serves::Nothing).await?;
    let floor = Nginx::start(tools, folder, true, Serves::Upstream(upstream.port())).await?;
    let settings = [
        (Service::Gateway, "TICKETING_URL", upstream.url()),
        (Service::Gateway, "HTTP_WORKERS", "1".to_owned()),
    ];
    let testbed = Testbed::start(bench, "gateway-hop", &settings).await?;
    let buyer = buyers::buyers(&testbed, 1)?.pop().context("there is no buyer")?;
    let body = format!(r#"{{"event_id":"{}","count":2}}"#, Uuid::from_u128(1));
    let post = Some(Post { token: buyer.token().unwrap_or_default(), body: &body, each_time: None });
    let wrk = Wrk { tools, folder: testbed.folder(), path: PATH, post };
    let (ours_url, floor_url, slice_s) = (testbed.url(), floor.url(), bench.effort.slice_s());
    // Not measured, since these runs open connections and verify the token for the first time.
    wrk.run(&ours_url, 1).await?;
    wrk.run(&floor_url, 1).await?;

    let gateway = testbed.system.process("gateway")?.pid().context("the gateway does not run")?;
    // Of the last round.
    let (ours_us, floor_us) = (Cell::new(0.0), Cell::new(0.0));
    let turn = async |url: &str, pid: u32, us_per_call: &Cell<f64>| {
        let before = usage::cpu_of(pid);
        let rate = wrk.run(url, slice_s).await?;
        let cpu = usage::cpu_of(pid).saturating_sub(before);
        us_per_call.set(cpu.as_secs_f64() * 1e6 / (rate * bench.effort.slice.as_secs_f64()));
        anyhow::Ok(rate)
    };
    let figures = alternate(
        bench.effort.rounds,
        async || turn(&ours_url, gateway, &ours_us).await,
        async || turn(&floor_url, floor.pid(), &floor_us).await,
    )
    .await?;
    let (ours_us, floor_us) = (ours_us.get(), floor_us.get());
    let note = format!("Processor time per call, in µs: gateway {ours_us:.1}, nginx {floor_us:.1}.");
    Ok(vec![Part::against_floor("calls/s", figures.ours, figures.floor).with_note(note)])
}
