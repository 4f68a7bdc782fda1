//! A client of the gateway that keeps a record of its calls and their outcomes.
//!
//! A [`Gateway`] is an address with its connections. Logging in there gives a [`Session`], which returns its calls as
//! lines of a history; a [`Recorder`] writes them to a file. A [`KeyedCall`] has an idempotency key and may be sent again.
//!
//! What is sent and how answers are read comes from `booked-client`. The connections are apart from those of its `Client`,
//! since they measure: no call waits for another one's task, and nothing is repeated unseen.

mod clock;
mod connection;
mod gateway;
mod keyed_call;
mod op;
mod recorder;
mod retry;
mod session;

pub use clock::now_us;
pub use connection::connect_from;
pub use gateway::{BadUrl, Gateway, RequestError, Timeouts};
pub use keyed_call::{KeyedCall, Repeats};
pub use op::outcome;
pub use recorder::{Recorder, RecorderHandle};
pub use retry::RetryPolicy;
pub use session::{CallError, Session};
