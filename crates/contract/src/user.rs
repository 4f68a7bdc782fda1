//! Accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::text_or_empty;

/// What a person registers with.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct Registration {
    /// What the person is called.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, example = "Ada Lovelace")]
    pub name: String,
    /// Compared without case and without outer white space.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 3, max_length = 254, format = "email", example = "ada@example.com")]
    pub email: String,
    /// At most 72 bytes, in Unicode's normal form C.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, max_length = 72, format = "password", example = "correct horse")]
    pub password: String,
}

/// What a person logs in with.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct LogIn {
    /// Compared without case and without outer white space.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, example = "ada@example.com")]
    pub email: String,
    /// The account's password.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, min_length = 1, max_length = 72, format = "password", example = "correct horse")]
    pub password: String,
}

/// A token to send as `Authorization: Bearer …`.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct Token {
    /// A JSON Web Token.
    pub token: String,
}
