//! Writes a history while it happens, on a thread of its own.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::Path,
    thread::JoinHandle,
};

use booked_checker::history::{self, Line};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TryRecvError};

/// Lines that may be queued; after that, recording waits.
const QUEUE_MAX: usize = 8_192;

/// Appends to one history. [`Self::finish`] ends it.
pub struct Recorder {
    handle: RecorderHandle,
    writer: JoinHandle<io::Result<u64>>,
}

/// Records lines; each caller has one.
#[derive(Clone)]
pub struct RecorderHandle(Sender<Entry>);

enum Entry {
    Line(Box<Line>),
    End,
}

impl Recorder {
    /// Appends to the file, which is created if it is missing.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        Self::start(OpenOptions::new().create(true).append(true).open(path)?)
    }

    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(to: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = channel(QUEUE_MAX);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let writer = thread.spawn(move || write(receiver, BufWriter::new(to)))?;
        Ok(Self { handle: RecorderHandle(sender), writer })
    }

    #[must_use]
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// Ends the history: what was recorded until now is written, what comes later is not. Returns the number of lines.
    /// Blocks while the rest is written.
    ///
    /// # Errors
    ///
    /// If a line could not be written; the lines after it are lost.
    pub async fn finish(self) -> io::Result<u64> {
        // If it is closed, the writer has failed, and that is reported below.
        let _ = self.handle.0.send(Entry::End).await;
        self.writer.join().map_err(|_| io::Error::other("the recorder panicked"))?
    }
}

impl RecorderHandle {
    /// Records a line, and waits if too many are queued. If writing has failed, nothing is recorded any more, and
    /// [`Recorder::finish`] reports it.
    pub async fn record(&self, line: Line) {
        let _ = self.0.send(Entry::Line(Box::new(line))).await;
    }
}

fn write(mut entries: Receiver<Entry>, mut to: BufWriter<impl Write>) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let entry = match entries.try_recv() {
            Ok(entry) => Some(entry),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                // Nothing to do: flush, so that readers of the file see everything.
                to.flush()?;
                entries.blocking_recv()
            }
        };
        let Some(Entry::Line(line)) = entry else { break };
        history::write(&mut to, &line)?;
        lines += 1;
    }
    to.flush()?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::BufReader};

    use booked_checker::history::Fault;

    use super::*;

    #[tokio::test]
    async fn what_many_callers_record_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let recorder = Recorder::append_to(&path).unwrap();
        let callers = (0..4).map(|caller| {
            let handle = recorder.handle();
            tokio::spawn(async move {
                for number in 0..100 {
                    handle.record(line(caller * 100 + number)).await;
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        assert_eq!(recorder.finish().await.unwrap(), 400);

        let read = history::read(BufReader::new(File::open(&path).unwrap())).unwrap();
        assert_eq!(read.len(), 400);
        assert!((0..400).all(|number| read.contains(&line(number))));
    }

    #[tokio::test]
    async fn a_history_that_cannot_be_written_is_reported_at_its_end() {
        let recorder = Recorder::start(File::open("/dev/null").unwrap()).unwrap();
        recorder.handle().record(line(1)).await;
        assert!(recorder.finish().await.is_err());
    }

    fn line(number: u64) -> Line {
        Line::Fault(Fault {
            began_us: number,
            ended_us: number,
            what: "a test".to_owned(),
            valkey_may_lose_writes: false,
        })
    }
}
