//! Reserving in a large event that is nearly sold out, beside small ones of which nothing is sold.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    fill::{self, Sold},
    rounds::{all_at_once, per_second, take_turns},
    settings::CLIENTS,
    stage::Stage,
};

const LARGE: u32 = 1_000_000;
const SMALL: u32 = 100;
/// Reservations of two seats in a turn; of the 10,000 seats that are free, 8,000.
const COUNT: usize = 4_000;
/// So that each small event sells no more than 80 of its seats.
const SMALL_EVENTS: usize = 100;
/// A turn is short, so there are more of them.
const TURNS_A_ROUND: u32 = 3;

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for sold in [Sold::FromTheFirst, Sold::AllButEveryHundredth] {
        let stage = Stage::start(bench, sold.name(), &[]).await?;
        let buyers = buyers::buyers(&stage, u32::try_from(CLIENTS)?)?;
        let large = [stage.event(LARGE).await?];
        fill::sell(&stage, large[0], LARGE, sold)?;
        let mut small = Vec::new();
        for _ in 0..SMALL_EVENTS {
            small.push(stage.event(SMALL).await?);
        }
        for events in [&large[..], &small[..]] {
            // The first reservation of an event makes its map.
            for event in events {
                let tickets = buyers::hold(&buyers[0], *event, 2).await?;
                buyers::release(&buyers[0], tickets).await?;
            }
            reserve_all(&buyers, events).await?;
        }
        let figures = take_turns(
            bench.effort.rounds * TURNS_A_ROUND,
            async || reserve_all(&buyers, &large).await,
            async || reserve_all(&buyers, &small).await,
        )
        .await?;
        parts.push(Part::beside("reservations/s", figures.ours, figures.floor).named(sold.name()));
    }
    Ok(parts)
}

/// Reserves, in turn, and releases it all again, which is not timed.
async fn reserve_all(buyers: &[Session], events: &[Uuid]) -> Result<f64> {
    let jobs = buyers.iter().cycle().zip(events.iter().cycle()).take(COUNT);
    let hold = async |(buyer, event): (&Session, &Uuid)| {
        anyhow::Ok((buyer.clone(), buyers::hold(buyer, *event, 2).await?))
    };
    let (held, took) = all_at_once(CLIENTS, jobs, hold).await?;
    let release = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::release(&buyer, tickets).await;
    let rate = per_second(held.len(), took)?;
    all_at_once(CLIENTS, held, release).await?;
    Ok(rate)
}
