//! A private Postgres and Valkey for running (`cargo up`) and for testing (`cargo test`).
//!
//! [`programs`] finds or installs the server programs. [`PostgresServer`], [`ValkeyServer`] and [`ValkeyCluster`] run
//! them, and [`test_database`] and the other `test_` functions provide them to tests. A server never outlives the process
//! that started it, however that process ends; [`Supervised`] guarantees the same for any other program.

mod account;
mod home;
mod launch;
mod port;
mod postgres;
mod programs;
mod supervisor;
mod testing;
mod tls;
mod valkey;

pub use port::free as free_port;
pub use postgres::{PostgresOptions, PostgresServer};
pub use programs::{Install, Missing, Programs, install_packages, install_policy, programs};
pub use supervisor::{Signals, Supervised};
pub use testing::{
    TestDatabase, TestPostgres, test_database, test_postgres, test_programs, test_valkey,
    test_valkey_cluster, test_valkey_url,
};
pub use tls::{TestCa, TlsFiles};
pub use valkey::{ValkeyCluster, ValkeyOptions, ValkeyServer};
