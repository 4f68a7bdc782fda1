//! Work that goes on when nobody waits for it any more: a service that was sent a call is at it, whether its client has
//! gone or not, and what it occupies is free when it is done, not before.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, timeout_at};

/// Dropped before it has ended, it runs on by itself, for no longer than a given moment.
pub(super) struct RunningOn<F: Future + 'static> {
    work: Option<Pin<Box<F>>>,
    until: Instant,
}

impl<F: Future + 'static> RunningOn<F> {
    pub(super) fn new(work: F, until: Instant) -> Self {
        Self { work: Some(Box::pin(work)), until }
    }
}

impl<F: Future + 'static> Future for RunningOn<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<F: Future + 'static> Drop for RunningOn<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            let until = self.until;
            actix_web::rt::spawn(async move { drop(timeout_at(until, work).await) });
        }
    }
}
