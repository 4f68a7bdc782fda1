//! Decides whether a run was right, from what its clients recorded and from the databases.
//!
//! [`history`] is what clients record: each call, when it was sent, and what became of it.

pub mod history;
