//! Who is asking: tokens (sign, verify, JWKS) and the identity that a gateway passes on to the services.
//!
//! In reading order: [`Identity`] is the subject; the user service signs one into a token with [`SigningKeys`] of a
//! [`KeyFolder`] and publishes the public halves of the keys as [`Jwks`]; the gateway checks tokens with a
//! [`Verifier`], remembers them in [`VerifiedTokens`], and passes the identity on as the headers of [`internal`].
//!
//! Nothing here reads a clock: the time is passed in.

#![warn(missing_docs)]

mod identity;
pub mod internal;
mod jwks;
mod key_error;
mod key_files;
mod key_folder;
mod keys;
mod tokens;
mod verified_tokens;

pub use identity::{Identity, Role, UnknownRole};
pub use jwks::{Jwk, Jwks, KeyId};
pub use key_error::KeyError;
pub use key_files::next_key_name;
pub use key_folder::{KeyFolder, UNREADABLE_MAX};
pub use keys::SigningKeys;
pub use tokens::{InvalidToken, SignError, TOKEN_BYTES_MAX, Verified, Verifier};
pub use verified_tokens::VerifiedTokens;
