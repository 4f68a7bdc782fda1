//! Listing and booking with very many events, beside few.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    fill::{self, Catalogue},
    rounds::{all_at_once, per_second, take_turns},
    settings::CLIENTS,
    stage::Stage,
    wrk::Wrk,
};

const LARGE: Catalogue = Catalogue { events: 100_000, seats: 100 };
const SMALL: Catalogue = Catalogue { events: 10, seats: 100_000 };
/// Bookings of two seats in a turn.
const COUNT: u32 = 4_000;
/// Events that they are spread over, as far as there are so many.
const EVENTS_OF_A_TURN: u32 = 500;
const PATH: &str = "/event/?limit=10";

/// A system with its events.
struct Full {
    stage: Stage,
    buyers: Vec<Session>,
    catalogue: Catalogue,
    /// How many turns have booked in it.
    turns: u32,
}

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let mut large = Full::start(bench, "catalogue-large", LARGE).await?;
    let mut small = Full::start(bench, "catalogue-small", SMALL).await?;
    let slice_s = bench.effort.slice_s();
    for full in [&mut large, &mut small] {
        full.browse(bench, 1).await?;
        full.book().await?;
    }
    let rounds = bench.effort.rounds;
    let browse = take_turns(
        rounds,
        async || large.browse(bench, slice_s).await,
        async || small.browse(bench, slice_s).await,
    )
    .await?;
    let book = take_turns(rounds, async || large.book().await, async || small.book().await).await?;
    Ok(vec![
        Part::beside("answers/s", browse.ours, browse.floor).named("browse"),
        Part::beside("bookings/s", book.ours, book.floor).named("book"),
    ])
}

impl Full {
    async fn start(bench: &Bench, name: &str, catalogue: Catalogue) -> Result<Self> {
        let stage = Stage::start(bench, name, &[]).await?;
        fill::catalogue(&stage, catalogue)?;
        let buyers = buyers::buyers(&stage, u32::try_from(CLIENTS)?)?;
        // Those that are listed have maps, as they have where something is on sale.
        for number in 0..SMALL.events {
            buyers::hold(&buyers[0], fill::event_of(number)?, 1).await?;
        }
        Ok(Self { stage, buyers, catalogue, turns: 0 })
    }

    async fn browse(&self, bench: &Bench, slice_s: u64) -> Result<f64> {
        let wrk = Wrk { tools: &bench.tools, folder: self.stage.folder(), path: PATH, post: None };
        wrk.run(&self.stage.url(), slice_s).await
    }

    /// Holds first; only the bookings are timed.
    async fn book(&mut self) -> Result<f64> {
        let events = self.events_of_a_turn()?;
        self.turns += 1;
        let whose = self.buyers.iter().cycle().zip(events.iter().cycle());
        let hold = async |(buyer, event): (&Session, &Uuid)| {
            anyhow::Ok((buyer.clone(), buyers::hold(buyer, *event, 2).await?))
        };
        let (held, _) = all_at_once(CLIENTS, whose.take(usize::try_from(COUNT)?), hold).await?;
        let book = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::book(&buyer, tickets).await;
        let (booked, took) = all_at_once(CLIENTS, held, book).await?;
        per_second(booked.len(), took)
    }

    /// Others in each turn, from all over the catalogue.
    fn events_of_a_turn(&self) -> Result<Vec<Uuid>> {
        let Catalogue { events, .. } = self.catalogue;
        let count = EVENTS_OF_A_TURN.min(events);
        (0..count)
            .map(|number| fill::event_of((number * (events / count) + self.turns * 7) % events))
            .collect()
    }
}
