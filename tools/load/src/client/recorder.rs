//! Writes a history down while it happens, on a thread of its own.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::Path,
    thread::JoinHandle,
};

use booked_checker::history::{self, Line};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TryRecvError};

/// Lines that may wait; whoever records more of them waits too.
const WAITING_MAX: usize = 8_192;

/// Appends to one history. [`Self::finish`] ends it.
pub struct Recorder {
    handle: RecorderHandle,
    writer: JoinHandle<io::Result<u64>>,
}

/// Records; each who calls has one.
#[derive(Clone)]
pub struct RecorderHandle(Sender<Entry>);

enum Entry {
    Line(Box<Line>),
    End,
}

impl Recorder {
    /// Appends to the file, which is made where it is missing.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        Self::start(OpenOptions::new().create(true).append(true).open(path)?)
    }

    /// Writes to this.
    ///
    /// # Errors
    ///
    /// Where there is no thread to be had.
    pub fn start(to: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let writer = thread.spawn(move || write(receiver, BufWriter::new(to)))?;
        Ok(Self { handle: RecorderHandle(sender), writer })
    }

    /// For one who calls.
    #[must_use]
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// Ends the history: what was recorded until now is written, what comes later is not. Says how many lines there
    /// are. Blocks while the rest is written.
    ///
    /// # Errors
    ///
    /// Where a line could not be written; the lines after it are lost.
    pub async fn finish(self) -> io::Result<u64> {
        // Where it is closed, the writer has failed, and says so below.
        let _ = self.handle.0.send(Entry::End).await;
        self.writer.join().map_err(|_| io::Error::other("the recorder panicked"))?
    }
}

impl RecorderHandle {
    /// Records a line, waiting where too many wait already. Where writing has failed, nothing is recorded any more, and
    /// [`Recorder::finish`] says so.
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
                // Nothing to do: whoever reads the file meanwhile sees all of it.
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
    async fn what_is_recorded_by_many_is_read_again() {
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
    async fn a_history_that_cannot_be_written_is_told_at_its_end() {
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
