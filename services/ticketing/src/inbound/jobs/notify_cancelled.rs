//! Tells those who have tickets of cancelled events and those who wait for them. While that fails, it rests longer and longer.

use std::time::Duration;

use tokio::time::sleep;

use crate::usecases::{self, Context};

/// Longest rest while it fails: so long after the user service is back, it goes on.
const REST_MAX: Duration = Duration::from_secs(60);

/// Goes on for ever.
pub(super) async fn notify_cancelled(context: Context, tick: Duration) {
    let mut rest = tick;
    loop {
        sleep(rest).await;
        rest = match usecases::notify_cancelled(&context).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => tick,
            Err(error) => {
                tracing::warn!(%error, "not everybody has been told of a cancelled event yet");
                (rest * 2).clamp(tick, REST_MAX.max(tick))
            }
        };
    }
}
