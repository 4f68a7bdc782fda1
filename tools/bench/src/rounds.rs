//! Rounds in which ours and the floor alternate, so that whatever changes on the machine affects both.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// One of each for each round.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) ours: Vec<f64>,
    pub(super) floor: Vec<f64>,
}

pub(super) async fn alternate(
    rounds: u32,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut floor: impl AsyncFnMut() -> Result<f64>,
) -> Result<Figures> {
    let mut figures = Figures::default();
    for _ in 0..rounds.max(1) {
        figures.ours.push(ours().await?);
        figures.floor.push(floor().await?);
    }
    Ok(figures)
}

/// Does all jobs with this many clients; also returns how long that took.
pub(super) async fn run_concurrently<J, T, F>(
    clients: usize,
    jobs: impl IntoIterator<Item = J>,
    call: impl Fn(J) -> F,
) -> Result<(Vec<T>, Duration)>
where
    F: Future<Output = Result<T>>,
{
    let begun = Instant::now();
    let done = stream::iter(jobs).map(call).buffer_unordered(clients).try_collect().await?;
    Ok((done, begun.elapsed()))
}

pub(super) fn per_second(count: usize, took: Duration) -> Result<f64> {
    ensure!(count > 0 && !took.is_zero(), "nothing was measured");
    Ok(f64::from(u32::try_from(count)?) / took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn ours_and_the_floor_alternate() {
        let order = RefCell::new(String::new());
        let turn = async |name: char, figure: f64| {
            order.borrow_mut().push(name);
            anyhow::Ok(figure)
        };
        let figures =
            alternate(3, async || turn('o', 1.0).await, async || turn('f', 2.0).await).await.unwrap();
        assert_eq!(order.into_inner(), "ofofof");
        assert_eq!((figures.ours.len(), figures.floor.len()), (3, 3));
    }

    #[tokio::test]
    async fn the_first_failure_ends_a_turn() {
        let all =
            run_concurrently(2, 0..10, async |job| if job == 3 { anyhow::bail!("no") } else { Ok(job) })
                .await;
        assert!(all.is_err());
    }
}
