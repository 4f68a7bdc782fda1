//! Reserving in an event with a limit for each buyer, compared with one without. Each buyer reserves for the first time, so that
//! Postgres is asked what they have: the most that a limit can cost.

use anyhow::Result;
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    settings::CLIENTS,
    testbed::Testbed,
    turns::{Done, Pairs, Processes, Turn, alternate, cost},
};

const GOAL: f64 = 0.4;
/// Each reserves two seats once in a turn.
const BUYERS: u32 = 4_000;
const SEATS: u32 = 10_000;
const LIMIT: i64 = 4;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "reserve-with-limit", &[]).await?;
    let buyers = buyers::buyers(&testbed, BUYERS)?;
    let first = async |limit: Option<i64>| {
        let event = testbed.event_with_limit(SEATS, limit).await?;
        // The first reservation loads the inventory.
        buyers::hold(&buyers[0], event, 1).await?;
        Turn::measure(|| testbed.cpu(), reserve_all(&buyers[1..], event)).await
    };
    first(Some(LIMIT)).await?;
    let rounds = bench.effort.rounds;
    let (ours, floor) =
        alternate(rounds, async || first(Some(LIMIT)).await, async || first(None).await).await?;
    let pairs = Pairs { ours: &ours, floor: &floor };
    let rate = pairs.rate("reservations/s").with_goal(GOAL);
    let cpu = pairs.cpu(Processes::All, Processes::All)?;
    Ok(vec![rate, cpu.with_note(cost(&ours)).with_note(format!("Without a limit: {}", cost(&floor)))])
}

async fn reserve_all(buyers: &[Session], event: Uuid) -> Result<Done> {
    let hold = async |buyer: &Session| buyers::hold(buyer, event, 2).await;
    run_concurrently(CLIENTS, buyers, hold).await.map(|(_, done)| done)
}
