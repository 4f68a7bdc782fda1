//! Ctrl-C and SIGTERM. The first one asks for a graceful end, another one ends the process at once, and everything that it
//! has started with it.

use std::{
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_load::CancellationToken;

/// What a shell reports of a program that Ctrl-C has ended.
const EXIT_INTERRUPTED: i32 = 130;

/// Until [`wait`](Self::wait), the first one ends the process at once too.
pub(crate) struct Interrupts {
    receiver: Receiver<()>,
    is_waiting: Arc<AtomicBool>,
}

impl Interrupts {
    pub(crate) fn catch() -> Result<Self> {
        let (sender, receiver) = channel();
        let is_waiting = Arc::new(AtomicBool::new(false));
        let is_first = Arc::clone(&is_waiting);
        ctrlc::set_handler(move || {
            if !is_first.swap(false, Ordering::Relaxed) || sender.send(()).is_err() {
                exit(EXIT_INTERRUPTED);
            }
        })
        .context("cannot catch Ctrl-C")?;
        Ok(Self { receiver, is_waiting })
    }

    /// Waits for the first one. In the meantime, does the work again and again.
    pub(crate) fn wait(&self, every: Duration, mut work: impl FnMut()) {
        self.is_waiting.store(true, Ordering::Relaxed);
        while matches!(self.receiver.recv_timeout(every), Err(RecvTimeoutError::Timeout)) {
            work();
        }
    }
}

/// A token that the first one cancels.
pub(crate) fn cancel_on_interrupt() -> Result<CancellationToken> {
    let token = CancellationToken::new();
    let first = token.clone();
    ctrlc::set_handler(move || {
        if first.is_cancelled() {
            exit(EXIT_INTERRUPTED);
        }
        first.cancel();
    })
    .context("cannot catch Ctrl-C")?;
    Ok(token)
}
