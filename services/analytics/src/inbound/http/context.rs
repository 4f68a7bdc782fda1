//! What the endpoints need.

use std::sync::Arc;

use booked_postgres::Database;
use booked_server::Clock;

#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
}
