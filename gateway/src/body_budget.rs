//! How many bytes of bodies are held at a time: by the process, and for one address.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::askers::Asker;

/// What may be held.
pub(crate) struct BodyBudget {
    held: AtomicUsize,
    max: usize,
    address_max: usize,
}

impl BodyBudget {
    pub(crate) fn new(max: usize, address_max: usize) -> Self {
        Self { held: AtomicUsize::new(0), max, address_max }
    }

    /// The share of one request, which is nothing yet.
    pub(crate) fn share<'b>(&'b self, address: &'b Asker) -> BodyShare<'b> {
        BodyShare { budget: self, address, bytes: 0 }
    }
}

/// What one request holds; given back when this is dropped.
pub(crate) struct BodyShare<'b> {
    budget: &'b BodyBudget,
    address: &'b Asker,
    bytes: usize,
}

/// There is no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl BodyShare<'_> {
    /// Takes what has come, not what was announced: announcing costs a client nothing.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.bytes += bytes;
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let of_address = self.address.body_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if held > self.budget.max || of_address > self.budget.address_max {
            return Err(NoRoom);
        }
        Ok(())
    }
}

impl Drop for BodyShare<'_> {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.address.body_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::askers::Askers;

    fn asker(askers: &Askers<u32>, key: u32) -> Arc<Asker> {
        askers.of(&key)
    }

    #[test]
    fn an_address_and_the_process_hold_so_much_and_give_it_back() {
        let (budget, askers) = (BodyBudget::new(100, 60), Askers::new(None, None));
        let (one, other) = (asker(&askers, 1), asker(&askers, 2));

        let mut first = budget.share(&one);
        assert_eq!(first.take(60), Ok(()));
        assert_eq!(budget.share(&one).take(1), Err(NoRoom), "the address has as much as it may");
        assert_eq!(budget.share(&other).take(41), Err(NoRoom), "so has the process");
        assert_eq!(budget.share(&other).take(40), Ok(()));

        drop(first);
        assert_eq!(budget.share(&one).take(60), Ok(()));
    }
}
