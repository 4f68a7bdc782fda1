//! Decides whether a run was right, from what its clients recorded and from the databases.
//!
//! [`history`] is what clients record: each call, when it was sent, and what became of it. [`read_evidence`] reads what
//! there is to read, [`judge`] applies the rules to it, each a pure function, and [`verify`] does both.

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

/// Reads what the sources tell, as often as something looks wrong that may yet be put right, and judges it together
/// with what clients recorded. A history holds all calls of its users, from their first on, and is finished.
///
/// # Errors
///
/// Where a source that is named cannot be read.
pub async fn verify(sources: &Sources, history: Vec<history::Line>) -> Result<Report, ReadError> {
    Ok(judge(&read_evidence(sources, history).await?))
}
