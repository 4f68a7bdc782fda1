//! What the black-box tests of the whole share: a [`World`] to test in, and an [`Api`] to ask it through.
//!
//! The tests see nothing of the inside: they talk to the gateway, and kill and restart what is behind it.

mod api;
mod poll;
mod world;

pub use api::{Answer, Api};
pub use poll::eventually;
pub use world::{Member, World};
