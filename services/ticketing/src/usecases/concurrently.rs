//! A few at once: one call may be about a thousand events, and must not fill Valkey, which others wait for, all at once.

use std::future::Future;

use futures_util::{StreamExt as _, stream};

const AT_ONCE: usize = 16;

/// What comes of all of them, in their order; no more than a few are under way at a time.
pub(super) async fn concurrently<F: Future>(steps: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    stream::iter(steps).buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn all_are_done_in_their_order_and_few_at_a_time() {
        let (under_way, most) = (Cell::new(0), Cell::new(0));
        let steps = (0..1_000).map(async |number| {
            under_way.set(under_way.get() + 1);
            most.set(most.get().max(under_way.get()));
            yield_now().await;
            under_way.set(under_way.get() - 1);
            number
        });
        assert_eq!(concurrently(steps).await, (0..1_000).collect::<Vec<_>>());
        assert_eq!(most.get(), AT_ONCE);
    }
}
