//! Reserving in a large event that is nearly sold out, compared with small ones of which nothing is sold.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    rounds::{alternate, per_second, run_concurrently},
    seed::{self, Sold},
    settings::CLIENTS,
    testbed::Testbed,
};

const LARGE: u32 = 1_000_000;
const SMALL: u32 = 100;
/// Reservations of two seats in a turn: 8,000 of the 10,000 free seats.
const COUNT: usize = 4_000;
/// With this many, each sells at most 80 of its seats.
const SMALL_EVENTS: usize = 100;
/// A turn is short, so there are more of them.
const TURNS_A_ROUND: u32 = 3;

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
            reserve_all(&buyers, events).await?;
        }
        let figures = alternate(
            bench.effort.rounds * TURNS_A_ROUND,
            async || reserve_all(&buyers, &large).await,
            async || reserve_all(&buyers, &small).await,
        )
        .await?;
        parts.push(Part::against_floor("reservations/s", figures.ours, figures.floor).named(sold.name()));
    }
    Ok(parts)
}

/// Reserves seats of all events, in turn, and then releases them, which is not measured.
async fn reserve_all(buyers: &[Session], events: &[Uuid]) -> Result<f64> {
    let jobs = buyers.iter().cycle().zip(events.iter().cycle()).take(COUNT);
    let hold = async |(buyer, event): (&Session, &Uuid)| {
        anyhow::Ok((buyer.clone(), buyers::hold(buyer, *event, 2).await?))
    };
    let (held, took) = run_concurrently(CLIENTS, jobs, hold).await?;
    let release = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::release(&buyer, tickets).await;
    let rate = per_second(held.len(), took)?;
    run_concurrently(CLIENTS, held, release).await?;
    Ok(rate)
}
