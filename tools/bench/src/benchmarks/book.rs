//! Booking two held seats, compared with the transaction of one booking.

use anyhow::{Result, ensure};
use booked_load::client::Session;
use uuid::Uuid;

use crate::{
    buyers,
    comparison::Part,
    concurrency::run_concurrently,
    context::BenchContext,
    pgbench::Pgbench,
    seed,
    settings::CLIENTS,
    testbed::Testbed,
    turns::{Pairs, Processes, Turn, alternate, cost},
};

/// Bookings for each second of a turn.
const COUNT_PER_S: u32 = 4_000;
const GOAL: f64 = 1.0;

pub(crate) async fn measure(bench: &BenchContext) -> Result<Vec<Part>> {
    let testbed = Testbed::start(bench, "book", &[]).await?;
    let buyers = buyers::buyers(&testbed, u32::try_from(CLIENTS)?)?;
    let count = bench.effort.for_each_second(COUNT_PER_S);
    let floor_url = seed::floor_database(bench, &testbed)?;
    let floor = Pgbench { tools: &bench.tools, folder: testbed.folder(), url: &floor_url };
    book_held(&testbed, &buyers, COUNT_PER_S / 4).await?;
    let clients = floor.best_clients(async || seed::floor_event(&testbed), 2).await?;
    let (ours, floor) = alternate(
        bench.effort.rounds,
        async || book_held(&testbed, &buyers, count).await,
        async || {
            let event = seed::floor_event(&testbed)?;
            Turn::measure(|| testbed.cpu(), floor.run(event, 2, clients, bench.effort.slice_s())).await
        },
    )
    .await?;
    let rate = Pairs { ours: &ours, floor: &floor }.rate("bookings/s").with_goal(GOAL);
    let servers = Processes::Named(&["valkey", "postgres"]);
    let cpu =
        Pairs { ours: &ours, floor: &ours }.cpu(Processes::Named(&["gateway", "ticketing"]), servers)?;
    Ok(vec![
        rate.with_note(format!(
            "The best number of clients for the floor: {clients}. The floor's {}",
            cost(&floor)
        )),
        cpu.with_goal(GOAL).with_note(cost(&ours)),
    ])
}

/// Holds all seats first; only the bookings are measured.
async fn book_held(testbed: &Testbed, buyers: &[Session], count: u32) -> Result<Turn> {
    let event: Uuid = testbed.event((2 * count).clamp(1, 1_000_000)).await?;
    ensure!(count <= 500_000, "an event cannot have as many seats");
    let whose = buyers.iter().cycle().take(usize::try_from(count)?);
    let hold = async |buyer: &Session| anyhow::Ok((buyer.clone(), buyers::hold(buyer, event, 2).await?));
    // The first one loads the inventory.
    let first = hold(&buyers[0]).await?;
    let (mut held, _) = run_concurrently(CLIENTS, whose.skip(1), hold).await?;
    held.push(first);
    let book = async |(buyer, tickets): (Session, Vec<Uuid>)| buyers::book(&buyer, tickets).await;
    let all = async { run_concurrently(CLIENTS, held, book).await.map(|(_, done)| done) };
    Turn::measure(|| testbed.cpu(), all).await
}
