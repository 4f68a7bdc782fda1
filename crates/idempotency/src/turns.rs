//! Whose turn it is to do what has a key: requests of one process with the same key go one after another.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    sync::{Mutex as Line, MutexGuard},
    time::{Instant, error::Elapsed, timeout_at},
};
use uuid::Uuid;

use crate::table::Row;

/// What one request has found under the key, for those behind it: what is kept does not change.
pub(crate) type Found = Option<Arc<Row>>;

/// The lines of all keys that are in use; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    lines: Arc<Mutex<HashMap<Uuid, KeyLine>>>,
}

#[derive(Debug, Default)]
struct KeyLine {
    /// How many stand in it.
    length: usize,
    line: Arc<Line<Found>>,
}

/// A place in the line of a key. With the last one the line is forgotten.
pub(crate) struct Place {
    key: Uuid,
    line: Arc<Line<Found>>,
    turns: Turns,
    /// Nobody was in the line before.
    pub(crate) is_first: bool,
}

impl Turns {
    /// A place at the end of the key's line.
    pub(crate) fn stand_in_line(&self, key: Uuid) -> Place {
        let (line, length) = self.with_lines(|lines| {
            let entry = lines.entry(key).or_default();
            entry.length += 1;
            (Arc::clone(&entry.line), entry.length)
        });
        Place { key, line, turns: self.clone(), is_first: length == 1 }
    }

    fn with_lines<T>(&self, change: impl FnOnce(&mut HashMap<Uuid, KeyLine>) -> T) -> T {
        change(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Place {
    /// Waits for the turn, which lasts until the guard is dropped; an error if it has not come until then.
    pub(crate) async fn turn(&self, give_up: Instant) -> Result<MutexGuard<'_, Found>, Elapsed> {
        timeout_at(give_up, self.line.lock()).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.with_lines(|lines| {
            let Some(entry) = lines.get_mut(&self.key) else { return };
            entry.length -= 1;
            if entry.length == 0 {
                lines.remove(&self.key);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_forgotten_with_its_last_place() {
        let turns = Turns::default();
        let first = turns.stand_in_line(Uuid::nil());
        let second = turns.stand_in_line(Uuid::nil());
        assert!(first.is_first && !second.is_first);
        let held = first.turn(Instant::now()).await.unwrap();
        assert!(second.turn(Instant::now()).await.is_err());
        drop(held);
        drop(first);
        assert!(second.turn(Instant::now()).await.is_ok());
        drop(second);
        assert!(turns.with_lines(|lines| lines.is_empty()));
    }
}
