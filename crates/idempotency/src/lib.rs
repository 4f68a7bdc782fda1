//! Keys that make a repeat safe: who sends a request again with the same `Idempotency-Key` gets the first answer again, and
//! nothing is done twice, whatever died in between.
//!
//! A key is written in the same atomic step as the effect that it names, in the store of that effect, and shares its fate: a
//! store of its own would be told before the effect or after it, and a process that dies in between would do it twice or not at
//! all. Here is what all share: [`RequestKey`], how handlers get it ([`KeyedBody`], [`Keyed`]), and the table for effects in
//! Postgres, to which [`keep_done`] writes in the transaction of the effect. [`KeptAnswers::once`] wraps what a handler does.
//!
//! The form of the header is that of draft-ietf-httpapi-idempotency-key-header-07; that status and body are kept and that the
//! request is compared is Stripe's idea. The table is defined in `sql/`; the services' migrations contain copies.

#![warn(missing_docs)]

mod answered;
mod kept_answers;
mod request;
mod request_key;
mod table;

pub use answered::Answered;
pub use kept_answers::{KeptAnswers, Look};
pub use request::{Keyed, KeyedBody};
pub use request_key::RequestKey;
pub use table::{delete, keep_all_done, keep_done};
