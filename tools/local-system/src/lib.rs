//! The whole system on one machine, for the command `booked` and for tests.
//!
//! [`Binaries`] builds the programs of the services and the gateway. [`System`] runs them with a Postgres and a Valkey of its
//! own and hands out each [`Process`], so that a test can kill it. What is started here ends with the process that started it.

mod commands;
mod start;
mod system;

mod data_folder;
mod data_urls;
mod environment;
mod options;
mod servers;
mod service;

mod accounts;
mod binaries;
mod process;
mod progress;

pub use binaries::Binaries;
pub use data_folder::admin_password_in;
pub use data_urls::sources_of;
pub use options::{Replicas, Servers, SystemOptions};
pub use process::{Process, Start};
pub use progress::{Progress, say, warn};
pub use service::Service;
pub use system::{Admin, System};
