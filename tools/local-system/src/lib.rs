//! The whole system on one machine, for the command `booked` and for tests.
//!
//! [`Binaries`] builds the programs of the services and the gateway. [`System`] runs them with its own Postgres and Valkey,
//! and gives access to each [`Process`], so that a test can kill it. Everything ends with the process that started it.

mod accounts;
mod binaries;
mod commands;
mod data_folder;
mod data_urls;
mod environment;
mod instance;
mod options;
mod process;
mod progress;
mod servers;
mod service;
mod start;
mod system;

pub use accounts::Admin;
pub use binaries::{Binaries, build_examples_for_tests};
pub use data_folder::admin_password_in;
pub use data_urls::sources_of;
pub use options::{Replicas, Servers, SystemOptions};
pub use process::{Process, Readiness};
pub use progress::{Progress, say, warn};
pub use service::Service;
pub use system::System;
