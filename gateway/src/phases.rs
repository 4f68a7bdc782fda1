//! The phases of a request; `pipeline` says in which order it passes them, and why.

pub(crate) mod body;
pub(crate) mod caching;
pub(crate) mod client_address;
pub(crate) mod conditional;
pub(crate) mod cors;
pub(crate) mod forward;
pub(crate) mod guarded_body;
pub(crate) mod idempotency_key;
pub(crate) mod identity;
pub(crate) mod limits;
pub(crate) mod rate_limit;
pub(crate) mod request_id;
pub(crate) mod role;
