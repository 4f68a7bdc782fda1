//! How many bytes of request bodies are in memory at once: in the process, and for one address.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::client_limits::ClientUsage;

pub(crate) struct BodyBudget {
    reserved: AtomicUsize,
    max: usize,
    address_max: usize,
}

impl BodyBudget {
    pub(crate) fn new(max: usize, address_max: usize) -> Self {
        Self { reserved: AtomicUsize::new(0), max, address_max }
    }

    /// The reservation of one request, which is empty at first.
    pub(crate) fn reserve<'b>(&'b self, address: &'b ClientUsage) -> BodyReservation<'b> {
        BodyReservation { budget: self, address, bytes: 0 }
    }
}

/// The memory of one request's body, released when this is dropped.
pub(crate) struct BodyReservation<'b> {
    budget: &'b BodyBudget,
    address: &'b ClientUsage,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BudgetExceeded;

impl BodyReservation<'_> {
    /// Reserves what has come, not what was declared: declaring costs a client nothing.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        self.bytes += bytes;
        let reserved = self.budget.reserved.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let of_address = self.address.body_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if reserved > self.budget.max || of_address > self.budget.address_max {
            return Err(BudgetExceeded);
        }
        Ok(())
    }
}

impl Drop for BodyReservation<'_> {
    fn drop(&mut self) {
        self.budget.reserved.fetch_sub(self.bytes, Ordering::Relaxed);
        self.address.body_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_limits::ClientLimits;

    #[test]
    fn an_address_and_the_process_have_a_budget_and_release_what_they_reserved() {
        let budget = BodyBudget::new(100, 60);
        let limits = ClientLimits::new(None, None);
        let (one, other) = (limits.usage_of(&1), limits.usage_of(&2));

        let mut first = budget.reserve(&one);
        assert_eq!(first.grow(60), Ok(()));
        assert_eq!(budget.reserve(&one).grow(1), Err(BudgetExceeded), "the address's budget is used up");
        assert_eq!(budget.reserve(&other).grow(41), Err(BudgetExceeded), "so is the process'");
        assert_eq!(budget.reserve(&other).grow(40), Ok(()));

        drop(first);
        assert_eq!(budget.reserve(&one).grow(60), Ok(()));
    }
}
