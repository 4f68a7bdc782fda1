//! Listing and booking with very many events, compared with few.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    seed::{self, Catalog},
    settings::CLIENTS,
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate},
    wrk::Wrk,
};

const LARGE: Catalog = Catalog { events: 100_000, seats: 100 };
const SMALL: Catalog = Catalog { events: 500, seats: 2_000 };
const GOAL: f64 = 0.95;
/// Bookings of two seats in a turn.
const COUNT: u32 = 4_000;
/// Events over which the bookings are spread, in both catalogs: the size of the catalog is all that differs.
const EVENTS_OF_A_TURN: u32 = SMALL.events;
/// Events of a page.
const LISTED: u32 = 10;
const PATH: &str = "/event/?limit=10";

/// A system with its events.
struct SeededSystem {
    testbed: Testbed,
    buyers: Vec<Session>,
    catalog: Catalog,
    /// How many turns have booked in it.
    turns: u32,
}

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let mut large = SeededSystem::start(bench, "catalog-large", LARGE).await?;
    let mut small = SeededSystem::start(bench, "catalog-small", SMALL).await?;
    let slice_s = bench.effort.slice_s();
    for system in [&mut large, &mut small] {
        system.browse(bench, 1).await?;
        system.book().await?;
    }
    let rounds = bench.effort.rounds;
    let (large_browse, small_browse) = alternate(
        rounds,
        async || large.browse(bench, slice_s).await,
        async || small.browse(bench, slice_s).await,
    )
    .await?;
    let (large_book, small_book) =
        alternate(rounds, async || large.book().await, async || small.book().await).await?;
    let parts = |name: &str, unit, pairs: Pairs<'_>| {
        let cpu = pairs.cpu(Processes::All, Processes::All)?.with_goal(GOAL);
        anyhow::Ok([pairs.rate(unit), cpu].map(|part| part.of(name)))
    };
    let browse = parts("browse", "responses/s", Pairs { ours: &large_browse, floor: &small_browse })?;
    let book = parts("book", "bookings/s", Pairs { ours: &large_book, floor: &small_book })?;
    Ok(browse.into_iter().chain(book).collect())
}

impl SeededSystem {
    async fn start(bench: &BenchContext, name: &str, catalog: Catalog) -> Result<Self> {
        let testbed = Testbed::start(bench, name, &[]).await?;
        seed::catalog(&testbed, catalog)?;
        let buyers = buyers::buyers(&testbed, u32::try_from(CLIENTS)?)?;
        // The events of the page have inventories, as in any system that sells.
        for number in 0..LISTED {
            buyers::hold(&buyers[0], seed::event_of(number)?, 1).await?;
        }
        Ok(Self { testbed, buyers, catalog, turns: 0 })
    }

    async fn browse(&self, bench: &BenchContext, slice_s: u64) -> Result<Turn> {
        let wrk = Wrk { tools: &bench.tools, folder: self.testbed.folder(), path: PATH, post: None };
        Turn::measure(|| self.testbed.cpu(), wrk.run(&self.testbed.url(), slice_s)).await
    }

    /// Holds seats first; only the bookings are measured.
    async fn book(&mut self) -> Result<Turn> {
        let events = self.events_of_a_turn()?;
        self.turns += 1;
        let whose = self.buyers.iter().cycle().zip(events.iter().cycle());
        let hold = async |(buyer, event): (&Session, &Uuid)| {
            anyhow::Ok((buyer.clone(), buyers::hold(buyer, *event, 2).await?))
        };
        let (held, _) = run_concurrently(CLIENTS, whose.take(usize::try_from(COUNT)?), hold).await?;
        let book = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::book(&buyer, tickets).await;
        let all = async { run_concurrently(CLIENTS, held, book).await.map(|(_, done)| done) };
        Turn::measure(|| self.testbed.cpu(), all).await
    }

    /// Different ones in each turn, from the whole catalog.
    fn events_of_a_turn(&self) -> Result<Vec<Uuid>> {
        let Catalog { events, .. } = self.catalog;
        (0..EVENTS_OF_A_TURN)
            .map(|number| seed::event_of((number * (events / EVENTS_OF_A_TURN) + self.turns * 7) % events))
            .collect()
    }
}
