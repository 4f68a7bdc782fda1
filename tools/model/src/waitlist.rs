//! The waitlist of one event: who is told that seats came free, in order, each free seat announced once.
//!
//! The sale is what Valkey says of it: how many seats ever came free in this map, and how many are free now. The list and
//! what of the sale was seen are Postgres'. Users join, are told, and join again; the first wants one seat, the second two.

mod join;
mod list;
mod notify;

use stateright::{Model, Property};

use self::{
    join::Join,
    list::{List, SEATS, SaleState, USERS, User},
    notify::Notify,
};
use crate::guards::Guards;

const PROCESSES_MAX: usize = 3;

/// How large, and what may befall it.
#[derive(Clone, Copy, Debug)]
pub struct Waitlist {
    /// The guards that are on.
    pub guards: Guards,
    /// How many use cases are under way at once, 3 at most.
    pub processes: usize,
    /// How often seats come free in one map.
    pub freed_max: u8,
    /// Valkey may lose the map, once; without one at the beginning it is made.
    pub loses_all: bool,
    /// The event may be deleted.
    pub deletes: bool,
}

/// The sale, the list, and who is at work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WaitlistState {
    sale: Option<SaleState>,
    list: List,
    processes: [Option<Process>; PROCESSES_MAX],
    ghost: Ghost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    Join(Join),
    Notify(Notify),
}

/// What the properties speak of and no part of the system knows. Seats that came free are counted from the beginning of
/// the map; after a rebuild, those that are free then are the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Ghost {
    /// How many were free when the map was rebuilt.
    at_first: u8,
    /// How many had come free at the last look of any telling.
    seen: u8,
    /// How many had come free when the first of the list joined.
    joined: u8,
    /// Properties that a telling has broken.
    offered_twice: bool,
    offered_in_vain: bool,
    passed_over: bool,
    notified_twice: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A free seat is reserved.
    Take,
    /// A taken seat comes free.
    Free,
    /// Valkey loses the map.
    LoseInventory,
    /// It is rebuilt, with so many seats free.
    LoadInventory(u8),
    /// A user joins.
    Join(User),
    /// Somebody tells.
    Notify,
    /// The process in this slot takes a step.
    Step(usize),
    /// It stops for ever, and its transaction is rolled back.
    Crash(usize),
    /// The event is deleted.
    Delete,
    /// Its rows go.
    Purge,
}

impl WaitlistState {
    /// Whether another process has locked the list.
    fn is_locked(&self, slot: usize, guards: Guards) -> bool {
        self.others(slot).any(|process| match process {
            Process::Join(join) => join.locks_list(guards),
            Process::Notify(notify) => notify.locks_list(guards),
        })
    }

    fn event_is_shared(&self, guards: Guards) -> bool {
        self.others(PROCESSES_MAX).any(|it| matches!(it, Process::Join(join) if join.shares_event(guards)))
    }

    fn others(&self, slot: usize) -> impl Iterator<Item = &Process> {
        let others = self.processes.iter().enumerate().filter(move |(other, _)| *other != slot);
        others.filter_map(|(_, process)| process.as_ref())
    }

    fn start(&mut self, process: Process) -> Option<()> {
        *self.processes.iter_mut().find(|slot| slot.is_none())? = Some(process);
        Some(())
    }

    fn free_one(&mut self, freed_max: u8) -> Option<()> {
        let sale = self.sale.as_mut().filter(|sale| sale.free_now < SEATS && sale.freed < freed_max)?;
        sale.free_now += 1;
        sale.freed += 1;
        Some(())
    }

    /// How many seats came free in this map, as the properties count.
    fn came_free(&self, sale: SaleState) -> u8 {
        self.ghost.at_first + sale.freed
    }

    fn load(&mut self, free_now: u8) -> Option<()> {
        self.sale = Some(SaleState { epoch: 1, freed: 0, free_now }).filter(|_| self.sale.is_none());
        let joined = if self.list.anybody_waits() { 0 } else { free_now };
        self.ghost = Ghost { at_first: free_now, seen: 0, joined, ..self.ghost };
        self.sale.map(drop)
    }

    fn step(&mut self, slot: usize, guards: Guards) -> Option<()> {
        let next = match self.processes[slot]? {
            Process::Join(join) => join.step(self, slot, guards)?.map(Process::Join),
            Process::Notify(notify) => notify.step(self, slot, guards)?.map(Process::Notify),
        };
        self.processes[slot] = next;
        Some(())
    }
}

impl Model for Waitlist {
    type State = WaitlistState;
    type Action = Action;

    fn init_states(&self) -> Vec<WaitlistState> {
        let sale = Some(SaleState { epoch: 0, freed: 0, free_now: 0 });
        let (list, ghost) = (List::default(), Ghost::default());
        vec![WaitlistState { sale, list, processes: [None; PROCESSES_MAX], ghost }]
    }

    fn actions(&self, state: &WaitlistState, actions: &mut Vec<Action>) {
        actions.extend([Action::Take, Action::Free, Action::Notify]);
        actions.extend((0..USERS).map(Action::Join));
        for slot in 0..PROCESSES_MAX {
            actions.extend([Action::Step(slot), Action::Crash(slot)]);
        }
        if self.loses_all && state.sale.is_none_or(|sale| sale.epoch == 0) {
            actions.push(Action::LoseInventory);
            actions.extend((0..=SEATS).map(Action::LoadInventory));
        }
        if self.deletes {
            actions.extend([Action::Delete, Action::Purge]);
        }
    }

    fn next_state(&self, last: &WaitlistState, action: Action) -> Option<WaitlistState> {
        let mut state = *last;
        match action {
            Action::Take => {
                let sale = state.sale.as_mut().filter(|sale| sale.free_now > 0)?;
                sale.free_now -= 1;
            }
            Action::Free => state.free_one(self.freed_max)?,
            Action::LoseInventory => state.sale = None,
            Action::LoadInventory(free_now) => state.load(free_now)?,
            Action::Join(user) => {
                let join = Join::begin(&state, user);
                state.start(Process::Join(join))?;
            }
            Action::Notify => {
                let notify = Notify::begin(&state, self.guards)?;
                state.start(Process::Notify(notify))?;
            }
            Action::Step(slot) => state.step(slot, self.guards)?,
            Action::Crash(slot) => state.processes[slot] = None,
            Action::Delete => {
                let may = !state.event_is_shared(self.guards);
                state.list.deleted = may.then_some(true)?;
            }
            Action::Purge => {
                let may = state.list.deleted && !state.is_locked(PROCESSES_MAX, self.guards);
                state.list = List { purged: may.then_some(true)?, deleted: true, ..List::default() };
            }
        }
        let under_way = state.processes.iter().flatten().count();
        Some(state).filter(|state| under_way <= self.processes && state != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("each seat that came free is offered once", |_, state: &WaitlistState| {
                !state.ghost.offered_twice
            }),
            Property::always("no more is offered than is free", |_, state: &WaitlistState| {
                !state.ghost.offered_in_vain
            }),
            Property::always("who waits is notified of what came free", |_, state: &WaitlistState| {
                !state.ghost.passed_over
            }),
            Property::always("being notified ends the entry", |_, state: &WaitlistState| {
                !state.ghost.notified_twice
            }),
            Property::sometimes("two are notified at once", |_, state: &WaitlistState| {
                let both = |it: &Process| matches!(it, Process::Notify(notify) if notify.notifies_all());
                state.processes.iter().flatten().any(both)
            }),
        ];
        if self.deletes {
            properties
                .push(Property::always("nobody waits for a purged event", |_, state: &WaitlistState| {
                    !state.list.purged || !state.list.anybody_waits()
                }));
        }
        properties
    }
}
