//! Postgres: where it is, a bounded pool of connections, transactions whose errors always say whether they may have
//! been done, and migrations.

#![warn(missing_docs)]

mod config;
mod connect;
mod create;
mod database;
mod failure;
mod fitness;
mod metrics;
mod migrate;
mod moment;
mod operator;
mod prepared;
mod reader;
mod watch;
mod work;

pub use config::{DatabaseArgs, DatabaseSettings};
pub use database::Database;
pub use failure::{Abort, TransactionError};
pub use migrate::{migrate, require_schema};
pub use moment::Moment;
pub use operator::open_for_operator;
pub use reader::open_reader;
pub use work::Work;
