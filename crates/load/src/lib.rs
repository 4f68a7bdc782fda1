//! Clients in numbers: they drive a gateway that speaks the contract, measure what it answers, and record it.
//!
//! [`client`] is one client: its connections, its calls, and the history that `booked verify` reads.

pub mod client;
