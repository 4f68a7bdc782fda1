//! Whether the gateway is alive.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The gateway is alive.
#[expect(missing_docs, reason = "the names say it, and the OpenAPI document shows nothing else")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    pub health: String,
    #[schema(example = "Hello from booked!")]
    pub message: String,
}
