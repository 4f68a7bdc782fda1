//! Reserving two seats with an idempotency key, compared with the same without one.

use anyhow::Result;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate, cost},
    wrk::{Post, Wrk},
};

const GOAL: f64 = 0.8;
/// They take turns: of one, ticketing keeps no more than 1,000 answers of an event.
const BUYERS: u32 = 200;
/// The maximum of an event.
const SEATS: u32 = 1_000_000;

#[derive(Clone, Copy)]
enum Key {
    /// Each request has its own.
    Each,
    None,
}

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "reserve-with-key", &[]).await?;
    let buyers = buyers::buyers(&testbed, BUYERS)?;
    let bearers: Vec<String> =
        buyers.iter().map(|buyer| format!("\"Bearer {}\"", buyer.token().unwrap_or_default())).collect();
    let bearers = bearers.join(",");
    let reserve = async |key: Key, slice_s: u64| {
        let event = testbed.event(SEATS).await?;
        // The first reservation loads the inventory.
        buyers::hold(&buyers[0], event, 2).await?;
        let body = format!(r#"{{"event_id":"{event}","count":2}}"#);
        // Without a key wrk has as much to do: it makes each request anew.
        let header = match key {
            Key::Each => r#"wrk.headers["Idempotency-Key"]"#,
            Key::None => "unused",
        };
        let each_time = format!(
            "bearers = bearers or {{{bearers}}} \
             wrk.headers[\"Authorization\"] = bearers[count % {BUYERS} + 1] {header} = \"{event}-\" .. count"
        );
        let token = buyers[0].token().unwrap_or_default();
        let post = Some(Post { token, body: &body, each_time: Some(&each_time) });
        let wrk = Wrk { tools: &bench.tools, folder: testbed.folder(), path: "/ticket/reserve/", post };
        Turn::measure(|| testbed.cpu(), wrk.run(&testbed.url(), slice_s)).await
    };
    for key in [Key::Each, Key::None] {
        reserve(key, 1).await?;
    }
    let slice_s = bench.effort.slice_s();
    let (ours, floor) = alternate(
        bench.effort.rounds,
        async || reserve(Key::Each, slice_s).await,
        async || reserve(Key::None, slice_s).await,
    )
    .await?;
    let pairs = Pairs { ours: &ours, floor: &floor };
    let rate = pairs.rate("reservations/s").with_goal(GOAL);
    let cpu = pairs.cpu(Processes::All, Processes::All)?;
    Ok(vec![rate, cpu.with_note(cost(&ours)).with_note(format!("Without a key: {}", cost(&floor)))])
}
