//! The waitlist of one event: who is told that seats came free, in order, each free seat announced once.
//!
//! The sale is what Valkey says of it: how many seats ever came free in this map, and how many are free now. The list and
//! what of the sale was seen are Postgres'. Users join, are told, and join again; the first wants one seat, the second two.

mod join;
mod list;
mod tell;

use stateright::{Model, Property};

use self::{
    join::Join,
    list::{List, SEATS, Sale, USERS, User},
    tell::Tell,
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
pub struct Waiting {
    sale: Option<Sale>,
    list: List,
    processes: [Option<Process>; PROCESSES_MAX],
    ghost: Ghost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    Join(Join),
    Tell(Tell),
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
    announced_twice: bool,
    announced_in_vain: bool,
    passed_by: bool,
    told_twice: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A free seat is reserved.
    Take,
    /// A taken seat comes free.
    Free,
    /// Valkey loses the map.
    LoseMap,
    /// It is rebuilt, with so many seats free.
    RebuildMap(u8),
    /// A user joins.
    Join(User),
    /// Somebody tells.
    Tell,
    /// The process in this slot takes a step.
    Step(usize),
    /// It stops for ever, and its transaction is rolled back.
    Die(usize),
    /// The event is deleted.
    Delete,
    /// Its rows go.
    Purge,
}

impl Waiting {
    /// Whether another process has locked the list.
    fn is_locked(&self, slot: usize, guards: Guards) -> bool {
        self.others(slot).any(|process| match process {
            Process::Join(join) => join.locks_list(guards),
            Process::Tell(tell) => tell.locks_list(guards),
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
    fn came_free(&self, sale: Sale) -> u8 {
        self.ghost.at_first + sale.freed
    }

    fn rebuild(&mut self, free_now: u8) -> Option<()> {
        self.sale = Some(Sale { epoch: 1, freed: 0, free_now }).filter(|_| self.sale.is_none());
        let joined = if self.list.anybody_waits() { 0 } else { free_now };
        self.ghost = Ghost { at_first: free_now, seen: 0, joined, ..self.ghost };
        self.sale.map(drop)
    }

    fn step(&mut self, slot: usize, guards: Guards) -> Option<()> {
        let next = match self.processes[slot]? {
            Process::Join(join) => join.step(self, slot, guards)?.map(Process::Join),
            Process::Tell(tell) => tell.step(self, slot, guards)?.map(Process::Tell),
        };
        self.processes[slot] = next;
        Some(())
    }
}

impl Model for Waitlist {
    type State = Waiting;
    type Action = Action;

    fn init_states(&self) -> Vec<Waiting> {
        let sale = Some(Sale { epoch: 0, freed: 0, free_now: 0 });
        let (list, ghost) = (List::default(), Ghost::default());
        vec![Waiting { sale, list, processes: [None; PROCESSES_MAX], ghost }]
    }

    fn actions(&self, waiting: &Waiting, actions: &mut Vec<Action>) {
        actions.extend([Action::Take, Action::Free, Action::Tell]);
        actions.extend((0..USERS).map(Action::Join));
        for slot in 0..PROCESSES_MAX {
            actions.extend([Action::Step(slot), Action::Die(slot)]);
        }
        if self.loses_all && waiting.sale.is_none_or(|sale| sale.epoch == 0) {
            actions.push(Action::LoseMap);
            actions.extend((0..=SEATS).map(Action::RebuildMap));
        }
        if self.deletes {
            actions.extend([Action::Delete, Action::Purge]);
        }
    }

    fn next_state(&self, last: &Waiting, action: Action) -> Option<Waiting> {
        let mut waiting = *last;
        match action {
            Action::Take => {
                let sale = waiting.sale.as_mut().filter(|sale| sale.free_now > 0)?;
                sale.free_now -= 1;
            }
            Action::Free => waiting.free_one(self.freed_max)?,
            Action::LoseMap => waiting.sale = None,
            Action::RebuildMap(free_now) => waiting.rebuild(free_now)?,
            Action::Join(user) => {
                let join = Join::begin(&waiting, user);
                waiting.start(Process::Join(join))?;
            }
            Action::Tell => {
                let tell = Tell::begin(&waiting, self.guards)?;
                waiting.start(Process::Tell(tell))?;
            }
            Action::Step(slot) => waiting.step(slot, self.guards)?,
            Action::Die(slot) => waiting.processes[slot] = None,
            Action::Delete => {
                let may = !waiting.event_is_shared(self.guards);
                waiting.list.deleted = may.then_some(true)?;
            }
            Action::Purge => {
                let may = waiting.list.deleted && !waiting.is_locked(PROCESSES_MAX, self.guards);
                waiting.list = List { purged: may.then_some(true)?, deleted: true, ..List::default() };
            }
        }
        let under_way = waiting.processes.iter().flatten().count();
        Some(waiting).filter(|waiting| under_way <= self.processes && waiting != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("each seat that came free is announced once", |_, waiting: &Waiting| {
                !waiting.ghost.announced_twice
            }),
            Property::always("no more is announced than is free", |_, waiting: &Waiting| {
                !waiting.ghost.announced_in_vain
            }),
            Property::always("who waits is told of what came free", |_, waiting: &Waiting| {
                !waiting.ghost.passed_by
            }),
            Property::always("being told ends the entry", |_, waiting: &Waiting| !waiting.ghost.told_twice),
            Property::sometimes("two are told at once", |_, waiting: &Waiting| {
                let both = |it: &Process| matches!(it, Process::Tell(tell) if tell.tells_all());
                waiting.processes.iter().flatten().any(both)
            }),
        ];
        if self.deletes {
            properties.push(Property::always("nobody waits for a purged event", |_, waiting: &Waiting| {
                !waiting.list.purged || !waiting.list.anybody_waits()
            }));
        }
        properties
    }
}
