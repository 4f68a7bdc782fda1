//! Work that goes on when its caller stops waiting: a service that was sent a call is working on it, whether its client has
//! gone or not, and what it occupies is free when it is done, not before.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, timeout_at};

/// If it is dropped before it has ended, it runs on as a task of its own, but not beyond `until`.
pub(super) struct DetachOnDrop<F: Future + 'static> {
    work: Option<Pin<Box<F>>>,
    until: Instant,
}

impl<F: Future + 'static> DetachOnDrop<F> {
    pub(super) fn new(work: F, until: Instant) -> Self {
        Self { work: Some(Box::pin(work)), until }
    }
}

impl<F: Future + 'static> Future for DetachOnDrop<F> {
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

impl<F: Future + 'static> Drop for DetachOnDrop<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            let until = self.until;
            actix_web::rt::spawn(async move { drop(timeout_at(until, work).await) });
        }
    }
}
