//! Many calls, a bounded number of them at once.

use std::{future::Future, time::Instant};

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::turns::Done;

/// Does all jobs with this many clients; also returns how long that took.
pub(super) async fn run_concurrently<J, T, F>(
    clients: usize,
    jobs: impl IntoIterator<Item = J>,
    call: impl Fn(J) -> F,
) -> Result<(Vec<T>, Done)>
where
    F: Future<Output = Result<T>>,
{
    let begun = Instant::now();
    let results: Vec<T> = stream::iter(jobs).map(call).buffer_unordered(clients).try_collect().await?;
    let done = Done { calls: results.len(), took: begun.elapsed() };
    Ok((results, done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_failure_ends_all() {
        let all =
            run_concurrently(2, 0..10, async |job| if job == 3 { anyhow::bail!("no") } else { Ok(job) })
                .await;
        assert!(all.is_err());
    }
}
