//! What runs on a clock.

use std::{sync::Arc, time::Duration};

use crate::outbound::signing_keys::KeyFolder;

/// Reads the signing keys again, so that rotation needs no restart. Keys that cannot be read leave the old ones.
pub(crate) async fn read_keys_again(keys: Arc<KeyFolder>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let keys = Arc::clone(&keys);
        match tokio::task::spawn_blocking(move || keys.read_again()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the signing keys stay as they were"),
            Err(error) => tracing::error!(%error, "reading the signing keys broke off"),
        }
    }
}
