//! A client of the gateway that keeps account of what it asked and what became of it.
//!
//! A [`Gateway`] is an address with its connections. Whoever logs in there gets a [`Session`], whose calls come back as
//! lines of a history; a [`Recorder`] writes them down.

mod asked;
mod clock;
mod connection;
mod gateway;
mod recorder;
mod session;

pub use asked::outcome;
pub use clock::now_us;
pub use connection::connect_from;
pub use gateway::{Answer, BadUrl, Gateway, Patience, Request, Unanswered};
pub use recorder::{Pen, Recorder};
pub use session::{NotDone, Session};
