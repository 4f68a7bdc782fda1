//! Searching one of very many events by two words, compared with listing the first of them.

use anyhow::Result;

use crate::{
    comparison::Part,
    context::BenchContext,
    rounds::alternate,
    seed::{self, Catalog},
    testbed::Testbed,
    wrk::{Measured, Wrk},
};

const CATALOG: Catalog = Catalog { events: 100_000, seats: 100 };
const LIST: &str = "/event/?limit=10";
/// One event has both words; all have the first.
const SEARCH: &str = "/event/?limit=10&q=concert+77777";

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "search", &[]).await?;
    seed::catalog(&testbed, CATALOG)?;
    let ask = async |path: &'static str, slice_s: u64| {
        let wrk = Wrk { tools: &bench.tools, folder: testbed.folder(), path, post: None };
        wrk.measure(&testbed.url(), slice_s).await
    };
    for path in [SEARCH, LIST] {
        ask(path, 1).await?;
    }
    let slice_s = bench.effort.slice_s();
    let (mut search_ms, mut list_ms) = (Vec::new(), Vec::new());
    let figures = alternate(
        bench.effort.rounds,
        async || {
            let Measured { rate, p99_ms } = ask(SEARCH, slice_s).await?;
            search_ms.push(p99_ms);
            Ok(rate)
        },
        async || {
            let Measured { rate, p99_ms } = ask(LIST, slice_s).await?;
            list_ms.push(p99_ms);
            Ok(rate)
        },
    )
    .await?;
    Ok(vec![
        Part::against_floor("responses/s", figures.ours, figures.floor).named("rate"),
        Part::against_time("ms", search_ms, list_ms).named("p99"),
    ])
}
