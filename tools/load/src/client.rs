//! A client of the gateway that keeps account of what it asked and what became of it.
//!
//! A [`Gateway`] is an address with its connections. Whoever logs in there gets a [`Session`], whose calls come back as
//! lines of a history; a [`Recorder`] writes them down.

mod clock;
mod connection;
mod gateway;
mod op;
mod recorder;
mod retry;
mod session;

pub use clock::now_us;
pub use connection::connect_from;
pub use gateway::{BadUrl, Gateway, HttpResponse, Request, RequestError, Timeouts};
pub use op::outcome;
pub use recorder::{Recorder, RecorderHandle};
pub use retry::RetryPolicy;
pub use session::{CallError, Session};
