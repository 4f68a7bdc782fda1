//! Many clients that drive a gateway, measure its answers, and record them.
//!
//! [`client`] is one client: its connections, its calls, and the history that `booked verify` reads. [`load`] runs many
//! clients according to the [`Options`], and returns a [`Report`], which [`table`] and [`html`] show.
//! [`self_test`] measures the load kit itself.

pub mod client;

mod kit;
mod options;
mod report;

mod accounts;
mod arrivals;
mod drive;
mod meter;
mod run;
mod scenario;

mod page;
mod progress;
mod self_test;
mod table;

pub use kit::load;
pub use meter::{Operation, Verdict};
pub use options::{AccountOptions, Arrival, LogIn, Mix, Options, SaleOptions, ScenarioName};
pub use page::html;
pub use progress::{OnProgress, Progress};
pub use report::{IterationReport, OperationReport, OutcomeCount, Point, Report, Second, Spread};
pub use scenario::expectation::Expectation;
pub use self_test::{SelfTest, self_test};
pub use table::table;
/// Ends a run early if it is cancelled: no more iterations begin, those under way finish, and a report follows.
pub use tokio_util::sync::CancellationToken;
