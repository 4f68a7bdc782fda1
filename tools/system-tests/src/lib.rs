//! What the black-box tests of the whole share: a [`World`] to test in, with clients of it.
//!
//! The tests see nothing of the inside: they talk to the gateway, and kill and restart what is behind it.

mod poll;
mod world;

pub use poll::eventually;
pub use world::{Member, World};
