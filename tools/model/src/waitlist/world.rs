//! What Valkey and Postgres keep, and what the properties have to know about it.

use super::list::{List, SEATS, SaleState};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    /// None while the inventory is not loaded.
    pub(super) sale: Option<SaleState>,
    pub(super) list: List,
    pub(super) ghost: Ghost,
}

/// What the properties need and no part of the system knows. The number of seats that came free is counted from when
/// the inventory was loaded, including those that were free then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Ghost {
    /// How many were free when the inventory was loaded.
    pub(super) at_first: u8,
    /// How many had come free when any notifying last read the sale.
    pub(super) seen: u8,
    /// How many had come free when the first of the list joined.
    pub(super) joined: u8,
    /// Properties that a notifying has violated.
    pub(super) offered_twice: bool,
    pub(super) offered_in_vain: bool,
    pub(super) passed_over: bool,
    pub(super) notified_twice: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let sale = Some(SaleState { epoch: 0, freed: 0, free_now: 0 });
        Self { sale, list: List::default(), ghost: Ghost::default() }
    }

    pub(super) fn take(&mut self) -> Option<()> {
        let sale = self.sale.as_mut().filter(|sale| sale.free_now > 0)?;
        sale.free_now -= 1;
        Some(())
    }

    pub(super) fn free(&mut self, freed_max: u8) -> Option<()> {
        let sale = self.sale.as_mut().filter(|sale| sale.free_now < SEATS && sale.freed < freed_max)?;
        sale.free_now += 1;
        sale.freed += 1;
        Some(())
    }

    pub(super) fn load(&mut self, free_now: u8) -> Option<()> {
        self.sale = Some(SaleState { epoch: 1, freed: 0, free_now }).filter(|_| self.sale.is_none());
        let joined = if self.list.anybody_waits() { 0 } else { free_now };
        self.ghost = Ghost { at_first: free_now, seen: 0, joined, ..self.ghost };
        self.sale.map(drop)
    }

    /// How many seats came free in this inventory, as the properties count.
    pub(super) fn came_free(&self, sale: SaleState) -> u8 {
        self.ghost.at_first + sale.freed
    }
}
