//! The whole system on one machine: for a person by `cargo up`, for tests as a [`System`].
//!
//! [`Binaries`] builds the programs of the five, [`System`] runs them with their own Postgres and Valkey and hands out
//! each [`Process`], so that a test can kill it. What is started here ends with the process that started it.

mod bench;
mod command;
mod load;
mod siege;
mod torment;
mod up;
mod verify;

mod system;

mod data_folder;
mod data_urls;
mod environment;
mod options;
mod servers;
mod service;

mod accounts;
mod admin_password;
mod binaries;
mod demo;
mod process;
mod progress;
mod watch;

pub use binaries::Binaries;
pub use command::run;
pub use options::{Replicas, Servers, SystemOptions};
pub use process::Process;
pub use progress::Progress;
pub use service::Service;
pub use siege::{Attack, AttackReport, Figures, Goal, Shopping, Side, SiegeOptions, SiegeVerdict, siege};
pub use system::{Admin, System};
pub use torment::{TormentOptions, Verdict, torment};
