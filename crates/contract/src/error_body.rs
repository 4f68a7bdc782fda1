//! The one shape that every error has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Code;

/// An error, from any service or from the gateway itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The first part of the code.
    #[schema(example = "TICKET")]
    pub category: String,
    /// The whole code.
    #[schema(example = "TICKET-02")]
    pub category_code: String,
    /// What it means, for a person.
    #[schema(example = "ticket is not reserved or its reservation expired")]
    pub msg: String,
    /// What is wrong in this case; never internal details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ErrorBody {
    /// The body for a code, with what is wrong in this case.
    #[must_use]
    pub fn new(code: Code, error: Option<String>) -> Self {
        Self {
            category: code.category().to_owned(),
            category_code: code.as_str().to_owned(),
            msg: code.msg().to_owned(),
            error,
        }
    }
}
