//! Booking two held seats, compared with the transaction of one booking.

use anyhow::{Context as _, Result, ensure};
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::BenchContext,
    pgbench::Pgbench,
    rounds::{alternate, per_second, run_concurrently},
    seed,
    settings::CLIENTS,
    testbed::{Testbed, cost},
};

/// Bookings for each second of a turn.
const COUNT_PER_S: u32 = 4_000;
/// The floor is the best of these numbers of clients.
const FLOOR_CLIENTS: [u32; 4] = [8, 16, 32, 64];

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "book", &[]).await?;
    let buyers = buyers::buyers(&testbed, u32::try_from(CLIENTS)?)?;
    let count = bench.effort.for_each_second(COUNT_PER_S);
    let floor_url = seed::floor_database(bench, &testbed)?;
    let floor = Pgbench { tools: &bench.tools, folder: testbed.folder(), url: &floor_url };
    book_held(&testbed, &buyers, COUNT_PER_S / 4).await?;
    let (mut costs, mut best_clients) = (Vec::new(), Vec::new());
    let figures = alternate(
        bench.effort.rounds,
        async || {
            let (rate, cost) = book_held(&testbed, &buyers, count).await?;
            costs.push(cost);
            Ok(rate)
        },
        async || {
            let mut rates = Vec::new();
            for clients in FLOOR_CLIENTS {
                let event = seed::floor_event(&testbed)?;
                rates.push((floor.run(event, clients, bench.effort.slice_s()).await?, clients));
            }
            let best = rates.into_iter().max_by(|one, other| one.0.total_cmp(&other.0));
            let (rate, clients) = best.context("nothing was measured")?;
            best_clients.push(clients.to_string());
            Ok(rate)
        },
    )
    .await?;
    let part = Part::against_floor("bookings/s", figures.ours, figures.floor).with_note(format!(
        "The best number of clients for the floor, by round: {}.",
        best_clients.join(", ")
    ));
    Ok(vec![costs.pop().into_iter().fold(part, Part::with_note)])
}

/// Holds all seats first; only the bookings are measured.
async fn book_held(testbed: &Testbed, buyers: &[Session], count: u32) -> Result<(f64, String)> {
    let event: Uuid = testbed.event((2 * count).clamp(1, 1_000_000)).await?;
    ensure!(count <= 500_000, "an event cannot have as many seats");
    let whose = buyers.iter().cycle().take(usize::try_from(count)?);
    let hold = async |buyer: &Session| anyhow::Ok((buyer.clone(), buyers::hold(buyer, event, 2).await?));
    // The first one loads the inventory.
    let first = hold(&buyers[0]).await?;
    let (mut held, _) = run_concurrently(CLIENTS, whose.skip(1), hold).await?;
    held.push(first);
    let before = testbed.cpu()?;
    let book = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::book(&buyer, tickets).await;
    let (booked, took) = run_concurrently(CLIENTS, held, book).await?;
    let cost = cost(&before, &testbed.cpu()?, f64::from(count));
    Ok((per_second(booked.len(), took)?, cost))
}
