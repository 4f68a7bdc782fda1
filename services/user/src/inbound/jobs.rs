//! What runs on a timer.

use std::{sync::Arc, time::Duration};

use crate::outbound::signing_keys::FolderKeys;

/// Reads the signing keys again, so that rotating and removing keys need no restart.
pub(crate) async fn read_keys_again(keys: Arc<FolderKeys>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let keys = Arc::clone(&keys);
        if let Err(error) = tokio::task::spawn_blocking(move || keys.read_again()).await {
            tracing::error!(%error, "reading the signing keys broke off");
        }
    }
}
