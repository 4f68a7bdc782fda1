//! Decides whether a run was correct, from what its clients recorded and from the databases.
//!
//! [`history`] is what clients record: each call, when it was sent, and what came of it. [`read_evidence`] reads the
//! databases, [`judge`] applies the rules to the evidence, each of them a pure function, and [`verify`] does both.

pub mod evidence;
pub mod history;
mod report;
mod sources;

mod case;
mod readers;
mod rules;

pub use readers::read_evidence;
pub use report::{Finding, Report, RuleReport};
pub use rules::judge;
pub use sources::{Limits, ReadError, Sources};

/// Reads the sources, again and again while something looks wrong that may yet be repaired, and judges them together
/// with what clients recorded. A history must contain all calls of its users from their first one on, and be finished.
///
/// # Errors
///
/// A source that is named and cannot be read.
pub async fn verify(sources: &Sources, history: Vec<history::Line>) -> Result<Report, ReadError> {
    Ok(judge(&read_evidence(sources, history).await?))
}
