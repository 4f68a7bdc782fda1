//! The service over HTTP, one endpoint a file.

pub(crate) mod routes;

mod client;
mod failure;
pub(crate) mod log_in;
pub(crate) mod read_jwks;
pub(crate) mod register_user;

pub use routes::ApiDoc;
