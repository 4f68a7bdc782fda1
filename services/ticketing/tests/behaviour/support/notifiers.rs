//! A notifier that remembers, and that can be told to fail.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use booked_ticketing::ports::{News, Notification, Notifier, NotifyFailure};

/// Remembers what it sent.
#[derive(Default)]
pub(crate) struct Recorder {
    sent: Mutex<Vec<Notification>>,
    failing: Mutex<HashMap<String, NotifyFailure>>,
    failures: AtomicUsize,
}

impl Recorder {
    /// Whom it told of how many seats that came free, in order.
    pub(crate) fn told(&self) -> Vec<(String, u32)> {
        let sent = lock(&self.sent);
        let seats = sent.iter().filter_map(|message| match message.news {
            News::SeatsFree { seats } => Some((message.email.clone(), seats)),
            News::EventCancelled { .. } => None,
        });
        seats.collect()
    }

    /// The notifications, in order.
    pub(crate) fn notifications(&self) -> Vec<Notification> {
        lock(&self.sent).clone()
    }

    /// Fails from now on where this address is to be told.
    pub(crate) fn fail_for(&self, email: &str, failure: NotifyFailure) {
        lock(&self.failing).insert(email.to_owned(), failure);
    }

    /// How often it failed.
    pub(crate) fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }

    /// Fails no more.
    pub(crate) fn work_again(&self) {
        lock(&self.failing).clear();
    }
}

#[async_trait]
impl Notifier for Recorder {
    async fn notify(&self, message: &Notification) -> Result<(), NotifyFailure> {
        if let Some(failure) = lock(&self.failing).get(&message.email) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(failure.clone());
        }
        lock(&self.sent).push(message.clone());
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
