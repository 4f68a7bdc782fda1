//! Log lines on their way to standard error. A thread of its own writes them: if nobody reads, only this thread
//! blocks, and the threads that serve continue. What does not fit into the queue meanwhile is dropped and counted,
//! and the log says so once it flows again.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use opentelemetry::metrics::ObservableCounter;
use tracing_subscriber::fmt::MakeWriter;

/// The maximum number of lines that wait.
const QUEUE: usize = 8_192;
/// The pause between two attempts to put the flush request into a full queue.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The way to standard error; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Line(Vec<u8>),
    /// Everything before this has been written: notifies a caller that waits for that.
    Flushed(SyncSender<()>),
}

impl Lines {
    /// Starts a thread that writes to this.
    pub(crate) fn to(target: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, entries) = sync_channel(QUEUE);
        let dropped = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&dropped);
        thread::Builder::new().name("log".to_owned()).spawn(move || write(target, &entries, &counted))?;
        Ok(Self { queue, dropped })
    }

    /// Reports how many lines were dropped, for as long as the returned counter lives.
    pub(crate) fn show_dropped(&self) -> ObservableCounter<u64> {
        let dropped = Arc::clone(&self.dropped);
        opentelemetry::global::meter("booked-telemetry")
            .u64_observable_counter("booked_log_lines_dropped")
            .with_description("Lines that the log dropped, since nobody took them")
            .with_callback(move |counter| counter.observe(dropped.load(Ordering::Relaxed), &[]))
            .build()
    }

    /// Waits until everything that was logged before is written, but no longer than this.
    pub(crate) fn flush(&self, limit: Duration) {
        let give_up = Instant::now() + limit;
        let (heard, flushed) = sync_channel(1);
        while let Err(TrySendError::Full(_)) = self.queue.try_send(Entry::Flushed(heard.clone())) {
            if Instant::now() >= give_up {
                return;
            }
            thread::sleep(LOOK_AGAIN);
        }
        // If no answer comes in time, the process ends without its last lines.
        let _: Result<(), RecvTimeoutError> =
            flushed.recv_timeout(give_up.saturating_duration_since(Instant::now()));
    }
}

impl Write for Lines {
    /// Accepts a whole line: the formatter passes on no parts of lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Entry::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Writes until nobody logs any more. A target that accepts nothing is no reason to end: it may recover.
fn write(mut target: impl Write, entries: &Receiver<Entry>, dropped: &AtomicU64) {
    let mut told = 0;
    loop {
        let entry = match entries.try_recv() {
            Ok(entry) => entry,
            Err(TryRecvError::Empty) => {
                let now = dropped.load(Ordering::Relaxed);
                if now > told {
                    tracing::warn!(lines = now - told, "the log dropped lines, since nobody took them");
                    told = now;
                }
                match entries.recv() {
                    Ok(entry) => entry,
                    Err(_) => return,
                }
            }
            Err(TryRecvError::Disconnected) => return,
        };
        match entry {
            Entry::Line(line) => drop(target.write_all(&line)),
            Entry::Flushed(heard) => {
                let _ = target.flush();
                let _ = heard.try_send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError, mpsc::channel};

    use super::*;

    /// Accepts what is written once it is opened.
    #[derive(Clone, Default)]
    struct Target(Arc<Mutex<Vec<u8>>>);

    impl Target {
        fn shut(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.shut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_come_in_order_and_are_there_after_a_flush() {
        let target = Target::default();
        let mut lines = Lines::to(target.clone()).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            lines.write_all(line.as_bytes()).unwrap();
        }
        lines.flush(Duration::from_secs(30));
        assert_eq!(*target.shut(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn where_nobody_takes_lines_whoever_logs_goes_on_and_the_rest_is_counted() {
        let target = Target::default();
        let mut lines = Lines::to(target.clone()).unwrap();
        let (logged, done) = channel();
        let shut = target.shut();
        let logging = lines.clone();
        thread::spawn(move || {
            for _ in 0..QUEUE + 100 {
                lines.write_all(b"line\n").unwrap();
            }
            lines.flush(Duration::from_millis(10));
            logged.send(()).unwrap();
        });
        done.recv_timeout(Duration::from_secs(30)).unwrap();
        // At most one of them is being written right now.
        let dropped = logging.dropped.load(Ordering::Relaxed);
        assert!((99..=100).contains(&dropped), "{dropped}");
        drop(shut);
        logging.flush(Duration::from_secs(30));
        assert!(target.shut().len() >= QUEUE * 5);
    }
}
