//! `cargo booked bench`: the system beside what its parts can do, on one machine in one run.
//!
//! Each [`Subject`] has a system of its own, so that nothing is left of the one before, and takes turns with its floor.

mod comparison;
mod context;
mod settings;
mod subject;
mod subjects;

mod buyers;
mod fill;
mod rounds;
mod stage;

mod nginx;
mod pgbench;
mod tools;
mod usage;
mod valkey_benchmark;
mod wrk;

use anyhow::Result;

pub use comparison::{Comparison, Part, Row};
pub use context::Bench;
pub use settings::Effort;
pub use subject::Subject;
pub use tools::Tools;

/// Measures these subjects, one after the other; `say` hears of each.
pub async fn compare(bench: &Bench, subjects: &[Subject], say: impl Fn(&str)) -> Comparison {
    let mut rows = Vec::new();
    for subject in subjects {
        say(&format!("Measuring: {}", subject.title()));
        let measured = measure(bench, *subject).await;
        if let Err(error) = &measured {
            say(&format!("Not measured: {error:#}"));
        }
        rows.push(Row {
            name: subject.title().to_owned(),
            goal: subject.goal(),
            method: subject.method().to_owned(),
            measured: measured.map_err(|error| format!("{error:#}")),
        });
    }
    Comparison { notes: vec![machine(), bench.effort.to_string()], rows }
}

async fn measure(bench: &Bench, subject: Subject) -> Result<Vec<Part>> {
    match subject {
        Subject::GatewayHop => subjects::gateway_hop::measure(bench).await,
        Subject::Reserve => subjects::reserve::measure(bench).await,
        Subject::Book => subjects::book::measure(bench).await,
        Subject::Browse => subjects::browse::measure(bench).await,
        Subject::LogIn => subjects::log_in::measure(bench).await,
        Subject::SizeOfEvent => subjects::size_of_event::measure(bench).await,
        Subject::SizeOfCatalogue => subjects::size_of_catalogue::measure(bench).await,
        Subject::OnSale => subjects::on_sale::measure(bench).await,
        Subject::Memory => subjects::memory::measure(bench).await,
        Subject::Start => subjects::start::measure(bench).await,
    }
}

fn machine() -> String {
    format!("{} cores, {}", settings::cores(), usage::processor())
}
