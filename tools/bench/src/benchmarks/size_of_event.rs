//! Reserving in a large event that is nearly sold out, compared with small ones of which nothing is sold.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    seed::{self, Sold},
    settings::CLIENTS,
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate},
};

const LARGE: u32 = 1_000_000;
const SMALL: u32 = 100;
/// Reservations of two seats in a turn: 8,000 of the 10,000 free seats.
const COUNT: usize = 4_000;
/// With this many, each sells at most 80 of its seats.
const SMALL_EVENTS: usize = 100;
const GOAL: f64 = 0.9;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for sold in [Sold::FromTheFirst, Sold::AllButEveryHundredth] {
        let testbed = Testbed::start(bench, sold.name(), &[]).await?;
        let buyers = buyers::buyers(&testbed, u32::try_from(CLIENTS)?)?;
        let large = [testbed.event(LARGE).await?];
        seed::sell(&testbed, large[0], LARGE, sold)?;
        let mut small = Vec::new();
        for _ in 0..SMALL_EVENTS {
            small.push(testbed.event(SMALL).await?);
        }
        for events in [&large[..], &small[..]] {
            // The first reservation of an event loads its inventory.
            for event in events {
                let tickets = buyers::hold(&buyers[0], *event, 2).await?;
                buyers::release(&buyers[0], tickets).await?;
            }
            reserve_all(&testbed, &buyers, events).await?;
        }
        let (ours, floor) = alternate(
            bench.effort.rounds,
            async || reserve_all(&testbed, &buyers, &large).await,
            async || reserve_all(&testbed, &buyers, &small).await,
        )
        .await?;
        let pairs = Pairs { ours: &ours, floor: &floor };
        let valkey = Processes::Named(&["valkey"]);
        for part in [pairs.rate("reservations/s"), pairs.cpu(valkey, valkey)?] {
            parts.push(part.of(sold.name()).with_goal(GOAL));
        }
    }
    Ok(parts)
}

/// Reserves seats of all events, in turn, and then releases them, which is not measured.
async fn reserve_all(testbed: &Testbed, buyers: &[Session], events: &[Uuid]) -> Result<Turn> {
    let jobs = buyers.iter().cycle().zip(events.iter().cycle()).take(COUNT);
    let hold = async |(buyer, event): (&Session, &Uuid)| {
        anyhow::Ok((buyer.clone(), buyers::hold(buyer, *event, 2).await?))
    };
    let before = testbed.cpu()?;
    let (held, done) = run_concurrently(CLIENTS, jobs, hold).await?;
    let turn = Turn::new(done, &before, &testbed.cpu()?)?;
    let release = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::release(&buyer, tickets).await;
    run_concurrently(CLIENTS, held, release).await?;
    Ok(turn)
}
