//! Finishing bookings: those of one event that come while others are being finished go together, in one script. Running a script costs
//! Valkey more than what finishing a booking needs of it, and its one thread is what a sale is bound by (`docs/performance.md`).

use std::iter;

use booked_failure::Failure;
use booked_ids::EventId;
use tokio::{sync::oneshot, time::timeout};
use tracing::{Instrument as _, Span};

use super::{
    arguments::{add_attempt, add_seats},
    finish_queue::{Finish, Turn, Waiting},
    reply::read,
    scripts,
    seats::ValkeySeats,
};
use crate::ports::VALKEY;

impl ValkeySeats {
    /// Finishes a booking, and says how many of its seats were still claimed.
    pub(super) async fn finish_with_others(&self, event: EventId, finish: Finish) -> Result<u32, Failure> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { finish: finish.clone(), span: Span::current(), answer };
        if let Some(turn) = self.finish_queue.join(event, waiting) {
            tokio::spawn(self.clone().finish_all(turn));
        }
        // One script may be under way before the one that finishes this booking.
        match timeout(2 * self.valkey.timeout(), answered).await {
            Ok(Ok(answer)) => answer,
            // The other one's runtime has ended. What it has finished is not finished again.
            Ok(Err(_)) => {
                Ok(self.finish_together(event, iter::once(&finish)).await?.first().copied().unwrap_or(0))
            }
            Err(_) => Err(Failure::unknown(VALKEY, "a booking waits to be finished for too long")),
        }
    }

    async fn finish_all(self, mut turn: Turn) {
        while let Some(batch) = turn.next() {
            let span = booked_telemetry::shared_span("finish bookings", batch.iter().map(|it| &it.span));
            let finishes = batch.iter().map(|it| &it.finish);
            let finished = self.finish_together(turn.event, finishes).instrument(span).await;
            for (at, waiting) in batch.into_iter().enumerate() {
                // Without an inventory nothing is answered, and nothing was finished.
                let count = finished.as_ref().map(|counts| counts.get(at).copied().unwrap_or(0));
                let _ = waiting.answer.send(count.map_err(Failure::clone));
            }
        }
    }

    async fn finish_together(
        &self,
        event: EventId,
        finishes: impl Iterator<Item = &Finish>,
    ) -> Result<Vec<u32>, Failure> {
        let answer = self.run(&scripts::FINISH, event, |command| {
            for Finish { attempt, user, seats } in finishes {
                add_attempt(command, *attempt);
                command.arg(user.map(|user| user.to_string()).unwrap_or_default()).arg(seats.len());
                add_seats(command, seats);
            }
        });
        read(answer.await?)
    }
}
