//! `cargo booked bench`: the system compared with what its parts can do, on one machine in one run.
//!
//! Each [`Benchmark`] has its own system, so that no other one has left anything behind, and alternates with its floor.

mod apache;
mod benchmark;
mod benchmarks;
mod buyers;
mod comparison;
mod concurrency;
mod context;
mod haproxy;
mod issuer;
mod nginx;
mod pgbench;
mod reference;
mod seed;
mod settings;
mod signer;
mod testbed;
mod tools;
mod turns;
mod usage;
mod valkey_benchmark;
mod wrk;

use anyhow::Result;

pub use benchmark::Benchmark;
pub use comparison::{Comparison, Part, Row, Verdict, html, table};
pub use context::BenchContext;
pub use settings::Effort;
pub use tools::Tools;

/// Runs these benchmarks, one after the other. `say` gets a line for each.
pub async fn compare(bench: &BenchContext, benchmarks: &[Benchmark], say: impl Fn(&str)) -> Comparison {
    let mut rows = Vec::new();
    for benchmark in benchmarks {
        say(&format!("Measuring: {}", benchmark.title()));
        let measured = measure(bench, *benchmark).await;
        if let Err(error) = &measured {
            say(&format!("Not measured: {error:#}"));
        }
        rows.push(Row {
            name: benchmark.title().to_owned(),
            method: benchmark.method().to_owned(),
            measured: measured.map_err(|error| format!("{error:#}")),
        });
    }
    Comparison { notes: vec![machine(), bench.effort.to_string()], rows }
}

async fn measure(bench: &BenchContext, benchmark: Benchmark) -> Result<Vec<Part>> {
    match benchmark {
        Benchmark::GatewayHop => benchmarks::gateway_hop::measure(bench).await,
        Benchmark::Reserve => benchmarks::reserve::measure(bench).await,
        Benchmark::Search => benchmarks::search::measure(bench).await,
        Benchmark::ReserveWithLimit => benchmarks::reserve_with_limit::measure(bench).await,
        Benchmark::ReserveWithKey => benchmarks::reserve_with_key::measure(bench).await,
        Benchmark::Book => benchmarks::book::measure(bench).await,
        Benchmark::Browse => benchmarks::browse::measure(bench).await,
        Benchmark::LogIn => benchmarks::log_in::measure(bench).await,
        Benchmark::SizeOfEvent => benchmarks::size_of_event::measure(bench).await,
        Benchmark::SizeOfCatalog => benchmarks::size_of_catalog::measure(bench).await,
        Benchmark::OnSale => benchmarks::on_sale::measure(bench).await,
        Benchmark::Memory => benchmarks::memory::measure(bench).await,
        Benchmark::Start => benchmarks::start::measure(bench).await,
    }
}

fn machine() -> String {
    format!("{} cores, {}", settings::cores(), usage::processor())
}
