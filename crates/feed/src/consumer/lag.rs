//! How long a replica that pulls a feed has been behind its head.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use tokio::time::Instant;

/// Since when this replica has been behind; none if it has caught up, or another replica pulls.
#[derive(Clone, Default)]
pub(super) struct Behind(Arc<Mutex<Option<Instant>>>);

impl Behind {
    /// Reports the time whenever metrics are read.
    pub(super) fn show(feed: &'static str) -> Self {
        let behind = Self::default();
        let shown = behind.clone();
        opentelemetry::global::meter("booked-feed")
            .f64_observable_gauge("booked_feed_lag_seconds")
            .with_description("For how long the replica that pulls a feed has not reached its end")
            .with_callback(move |gauge| gauge.observe(shown.seconds(), &[KeyValue::new("feed", feed)]))
            .build();
        behind
    }

    pub(super) fn note(&self, is_behind: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = is_behind.then(|| since.unwrap_or_else(Instant::now));
    }

    fn seconds(&self) -> f64 {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(0.0, |since| since.elapsed().as_secs_f64())
    }
}
