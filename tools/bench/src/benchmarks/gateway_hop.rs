//! What the gateway adds to a call: ours, which verifies the token, compared with nginx, which only forwards, and with others
//! that verify one.

use anyhow::{Context as _, Result};
use booked_load::client::now_us;
use booked_local_system::Service;
use uuid::Uuid;

use crate::{
    apache, buyers,
    comparison::Part,
    context::BenchContext,
    haproxy,
    issuer::Issuer,
    nginx::{self, Serves},
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, cost, take_turns},
    usage::CpuTimes,
    wrk::{Post, Wrk},
};

const PATH: &str = "/ticket/reserve/";
/// As ratios of processor time.
const NGINX_GOAL: f64 = 0.8;
const HAPROXY_GOAL: f64 = 1.3;

/// One of those that forward the call.
struct Contestant<'a> {
    name: &'a str,
    url: String,
    pid: u32,
    token: &'a str,
}

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let (tools, folder) = (&bench.tools, bench.folder.as_path());
    let upstream = nginx::start(tools, folder, true, Serves::Nothing).await?;
    let settings = [
        (Service::Gateway, "TICKETING_URL", upstream.url()),
        (Service::Gateway, "HTTP_WORKERS", "1".to_owned()),
    ];
    let testbed = Testbed::start(bench, "gateway-hop", &settings).await?;
    let floor = nginx::start(tools, folder, true, Serves::Upstream(upstream.port())).await?;
    let issuer = Issuer::create(tools, folder)?;
    let haproxy = haproxy::start(tools, folder, &issuer, upstream.port()).await?;
    let apache = apache::start(tools, folder, &issuer, upstream.port()).await?;
    let buyer = buyers::buyers(&testbed, 1)?.pop().context("there is no buyer")?;
    let (token, their_token) = (buyer.token().unwrap_or_default(), issuer.token(now_us() / 1_000_000)?);
    let gateway = testbed.system.process("gateway")?.pid().context("the gateway does not run")?;
    let contestants = [
        Contestant { name: "gateway", url: testbed.url(), pid: gateway, token },
        Contestant { name: "nginx", url: floor.url(), pid: floor.pid(), token },
        Contestant { name: "haproxy", url: haproxy.url(), pid: haproxy.pid(), token: &their_token },
        Contestant { name: "apache", url: apache.url(), pid: apache.pid(), token: &their_token },
    ];

    let body = format!(r#"{{"event_id":"{}","count":2}}"#, Uuid::from_u128(1));
    let ask = async |one: &Contestant<'_>, slice_s: u64| {
        let post = Some(Post { token: one.token, body: &body, each_time: None });
        let wrk = Wrk { tools, folder: testbed.folder(), path: PATH, post };
        wrk.run(&one.url, slice_s).await.with_context(|| one.name.to_owned())
    };
    // Not measured, since these runs open connections and verify the token for the first time.
    for contestant in &contestants {
        ask(contestant, 1).await?;
    }
    let slice_s = bench.effort.slice_s();
    let [ours, nginx, haproxy, apache] = take_turns(bench.effort.rounds, async |number: usize| {
        let one = &contestants[number];
        let cpu = || Ok(CpuTimes::of([(one.name.to_owned(), one.pid)]));
        Turn::measure(cpu, ask(one, slice_s)).await
    })
    .await?;
    let against = |floor, name: &str| {
        let pairs = Pairs { ours: &ours, floor };
        let cpu = pairs.cpu(Processes::All, Processes::All)?;
        anyhow::Ok([pairs.rate("calls/s"), cpu].map(|part| part.of(name)))
    };
    let [nginx_rate, nginx_cpu] = against(&nginx, "nginx")?;
    let [haproxy_rate, haproxy_cpu] = against(&haproxy, "HAProxy")?;
    let [apache_rate, apache_cpu] = against(&apache, "Apache")?;
    let costs = [&ours, &nginx, &haproxy, &apache].map(|turns| cost(turns));
    let nginx_cpu = nginx_cpu.with_goal(NGINX_GOAL);
    Ok(vec![
        nginx_rate,
        costs.into_iter().fold(nginx_cpu, Part::with_note),
        haproxy_rate,
        haproxy_cpu.with_goal(HAPROXY_GOAL),
        apache_rate,
        apache_cpu,
    ])
}
