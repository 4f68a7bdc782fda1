//! Purges what is left of deleted events.

use booked_failure::Failure;

use crate::usecases::{Context, purge_deleted};

/// Purges until nothing is left.
pub(super) async fn purge_all(context: Context) -> Result<(), Failure> {
    while purge_deleted(&context).await? {}
    Ok(())
}
