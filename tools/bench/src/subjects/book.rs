//! Booking two held seats, beside one booking's own transaction.

use anyhow::{Context as _, Result, ensure};
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    context::Bench,
    fill,
    pgbench::Pgbench,
    rounds::{all_at_once, per_second, take_turns},
    settings::CLIENTS,
    stage::{Stage, cost},
};

/// Bookings for each second of a turn.
const COUNT_PER_S: u32 = 4_000;
/// The floor is the best of these numbers of clients.
const FLOOR_CLIENTS: [u32; 4] = [8, 16, 32, 64];

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Part>> {
    let stage = Stage::start(bench, "book", &[]).await?;
    let buyers = buyers::buyers(&stage, u32::try_from(CLIENTS)?)?;
    let count = bench.effort.for_each_second(COUNT_PER_S);
    let floor_url = fill::floor_database(bench, &stage)?;
    let floor = Pgbench { tools: &bench.tools, folder: stage.folder(), url: &floor_url };
    book_held(&stage, &buyers, COUNT_PER_S / 4).await?;
    let (mut costs, mut best_clients) = (Vec::new(), Vec::new());
    let figures = take_turns(
        bench.effort.rounds,
        async || {
            let (rate, cost) = book_held(&stage, &buyers, count).await?;
            costs.push(cost);
            Ok(rate)
        },
        async || {
            let mut rates = Vec::new();
            for clients in FLOOR_CLIENTS {
                let event = fill::floor_event(&stage)?;
                rates.push((floor.run(event, clients, bench.effort.slice_s()).await?, clients));
            }
            let best = rates.into_iter().max_by(|one, other| one.0.total_cmp(&other.0));
            let (rate, clients) = best.context("nothing was measured")?;
            best_clients.push(clients.to_string());
            Ok(rate)
        },
    )
    .await?;
    let part = Part::beside("bookings/s", figures.ours, figures.floor)
        .noting(format!("The floor was best with so many clients, by round: {}.", best_clients.join(", ")));
    Ok(vec![costs.pop().into_iter().fold(part, Part::noting)])
}

/// Holds all first; only the bookings are timed.
async fn book_held(stage: &Stage, buyers: &[Session], count: u32) -> Result<(f64, String)> {
    let event: Uuid = stage.event((2 * count).clamp(1, 1_000_000)).await?;
    ensure!(count <= 500_000, "an event has not so many seats");
    let whose = buyers.iter().cycle().take(usize::try_from(count)?);
    let hold = async |buyer: &Session| anyhow::Ok((buyer.clone(), buyers::hold(buyer, event, 2).await?));
    // The first one makes the map.
    let first = hold(&buyers[0]).await?;
    let (mut held, _) = all_at_once(CLIENTS, whose.skip(1), hold).await?;
    held.push(first);
    let before = stage.cpu()?;
    let book = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::book(&buyer, tickets).await;
    let (booked, took) = all_at_once(CLIENTS, held, book).await?;
    let cost = cost(&before, &stage.cpu()?, f64::from(count));
    Ok((per_second(booked.len(), took)?, cost))
}
