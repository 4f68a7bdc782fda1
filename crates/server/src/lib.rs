//! The life of a service process, in reading order: its configuration, its start, how it answers, how it ends.

#![warn(missing_docs)]

mod allocator;
pub mod config;
mod lifecycle;
mod process;
pub mod settings;

mod clock;
mod deadline;
mod random;

mod body;
mod caller;
mod endpoints;
mod error;
mod health;
mod http;
mod keyed_queue;
mod metrics;
pub mod query;
mod request_id;
mod routes;
mod service_client;
mod single_flight;
mod standing_queue;

pub use body::{Body, MAX_BODY_BYTES, decode_body, read_body};
pub use caller::{Admin, User};
pub use clock::{Clock, SystemClock, unix_seconds};
pub use deadline::{Deadline, whoever_waits};
pub use endpoints::{Endpoint, Endpoints, InvalidEndpoint};
pub use error::ApiError;
pub use health::{HealthcheckArgs, healthcheck};
pub use http::{Application, Bound};
pub use keyed_queue::{KeyedQueue, QueueError, Turn};
pub use lifecycle::Lifecycle;
pub use process::{Rejected, run};
pub use random::{Random, SystemRandom};
pub use request_id::REQUEST_ID_HEADER;
pub use routes::{read, write};
pub use service_client::{Retry, ServiceClient};
pub use single_flight::{FlightError, LocalSingleFlight, SingleFlight};
pub use standing_queue::StandingQueue;
