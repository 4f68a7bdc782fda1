//! Reserving in an event with a limit for each buyer, compared with one without. Each buyer reserves for the first time, so that
//! Postgres is asked what they have: the most that a limit can cost.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    rounds::{alternate, per_second, run_concurrently},
    settings::CLIENTS,
    testbed::Testbed,
};

/// Each reserves two seats once in a turn.
const BUYERS: u32 = 4_000;
const SEATS: u32 = 10_000;
const LIMIT: i64 = 4;
/// A turn is short, so there are more of them.
const TURNS_A_ROUND: u32 = 3;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "reserve-with-limit", &[]).await?;
    let buyers = buyers::buyers(&testbed, BUYERS)?;
    let first = async |limit: Option<i64>| {
        let event = testbed.event_with_limit(SEATS, limit).await?;
        // The first reservation loads the inventory.
        buyers::hold(&buyers[0], event, 1).await?;
        reserve_all(&buyers[1..], event).await
    };
    first(Some(LIMIT)).await?;
    let turns = bench.effort.rounds * TURNS_A_ROUND;
    let figures = alternate(turns, async || first(Some(LIMIT)).await, async || first(None).await).await?;
    Ok(vec![Part::against_floor("reservations/s", figures.ours, figures.floor)])
}

async fn reserve_all(buyers: &[Session], event: Uuid) -> Result<f64> {
    let hold = async |buyer: &Session| buyers::hold(buyer, event, 2).await;
    let (held, took) = run_concurrently(CLIENTS, buyers, hold).await?;
    per_second(held.len(), took)
}
