//! The phases of a request; `pipeline` says in which order it goes through them, and why.

pub(crate) mod answer;
pub(crate) mod client_address;
pub(crate) mod cors;
pub(crate) mod forward;
pub(crate) mod identity;
pub(crate) mod limits;
pub(crate) mod manners;
pub(crate) mod request_id;
pub(crate) mod role;
pub(crate) mod size;
