//! Searching one of very many events by two words, compared with listing the first of them.

use anyhow::Result;

use crate::{
    comparison::Part,
    context::BenchContext,
    seed::{self, Catalog},
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate},
    wrk::Wrk,
};

const GOAL: f64 = 0.4;
const CATALOG: Catalog = Catalog { events: 100_000, seats: 100 };
const LIST: &str = "/event/?limit=10";
/// One event has both words; all have the first.
const SEARCH: &str = "/event/?limit=10&q=concert+77777";

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "search", &[]).await?;
    seed::catalog(&testbed, CATALOG)?;
    let ask = async |path: &'static str, slice_s: u64| {
        let wrk = Wrk { tools: &bench.tools, folder: testbed.folder(), path, post: None };
        let before = testbed.cpu()?;
        let measured = wrk.measure(&testbed.url(), slice_s).await?;
        anyhow::Ok((Turn::new(measured.done, &before, &testbed.cpu()?)?, measured.p99_ms))
    };
    for path in [SEARCH, LIST] {
        ask(path, 1).await?;
    }
    let slice_s = bench.effort.slice_s();
    let rounds = bench.effort.rounds;
    let (search, list) =
        alternate(rounds, async || ask(SEARCH, slice_s).await, async || ask(LIST, slice_s).await).await?;
    let (search, search_ms): (Vec<Turn>, Vec<f64>) = search.into_iter().unzip();
    let (list, list_ms): (Vec<Turn>, Vec<f64>) = list.into_iter().unzip();
    let pairs = Pairs { ours: &search, floor: &list };
    Ok(vec![
        pairs.rate("responses/s").with_goal(GOAL),
        pairs.cpu(Processes::All, Processes::All)?,
        Part::against_time("ms", search_ms, list_ms).named("p99").with_goal(GOAL),
    ])
}
