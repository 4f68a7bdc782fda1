//! Feeds of state between services.
//!
//! A service writes what happened to its [`outbox`] in the transaction that made it happen, and serves it as a
//! [`Feed`]. Another service's [`Consumer`] pulls the feed and applies each batch together with its cursor in one
//! transaction, so that every entry takes effect once. [`ArchiveArgs`] is the operators' command that keeps an outbox
//! from growing forever. The tables are defined in `sql/`; the services' migrations contain copies.

#![warn(missing_docs)]

mod entry;
mod incarnation;
mod position;
mod wire;

pub mod outbox;
mod producer;

mod consumer;

pub use consumer::{Apply, Consumer, FeedClient, NotCaughtUp};
pub use entry::{Entry, MalformedEntry};
pub use outbox::NewEntry;
pub use position::{NoPosition, Position};
pub use producer::{ArchiveArgs, Feed, FeedSignal};
