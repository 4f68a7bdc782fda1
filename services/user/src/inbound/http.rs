//! HTTP, one endpoint per file.

mod client;
mod errors;
mod list_emails;
mod log_in;
mod read_jwks;
mod register_user;
mod routes;

pub use routes::ApiDoc;
pub(crate) use routes::routes;
