//! How jobs run on a clock, and how a round over several events fares.

use std::{future::Future, time::Duration};

use booked_failure::Failure;
use tokio::time::{MissedTickBehavior, interval};

use crate::ports::VALKEY;

/// Runs a job again and again. A run that takes longer than the period puts off the next one.
pub(super) async fn every<F>(period: Duration, job: &'static str, run: impl Fn() -> F)
where
    F: Future<Output = Result<(), Failure>>,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = run().await {
            tracing::warn!(job, %error, "a job goes on at its next turn");
        }
    }
}

/// What failed in a round over several events. An event that Valkey fails at does not keep the round from the others, whose
/// nodes may be well; its turn comes again. Without Postgres there is no use in going on.
#[derive(Default)]
pub(super) struct Round {
    failure: Option<Failure>,
}

impl Round {
    pub(super) fn visited<T>(&mut self, visit: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match visit {
            Ok(done) => Ok(Some(done)),
            Err(failure) if failure.dependency() == VALKEY => {
                self.failure = Some(failure);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    pub(super) fn ended(self) -> Result<(), Failure> {
        self.failure.map_or(Ok(()), Err)
    }
}
