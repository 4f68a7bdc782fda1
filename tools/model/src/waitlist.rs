//! The waitlist of one event: who is notified that seats came free, in order, and each free seat is offered once.
//!
//! The sale is what Valkey says about it: how many seats ever came free in this inventory, and how many are free now.
//! The list and the watermark, which is how much of the sale was seen, belong to Postgres. Users join, are notified,
//! and join again; the first user wants one seat, the second two.

mod join;
mod list;
mod notify;
mod world;

use stateright::{Model, Property};

use self::{
    join::Join,
    list::{List, SEATS, USERS, User},
    notify::Notify,
    world::World,
};
use crate::guards::Guards;

const PROCESSES_MAX: usize = 3;

/// How large the model is, and which faults may happen.
#[derive(Clone, Copy, Debug)]
pub struct Waitlist {
    /// The guards that are on.
    pub guards: Guards,
    /// How many use cases run concurrently, 3 at most.
    pub processes: usize,
    /// How often seats come free in one inventory.
    pub freed_max: u8,
    /// Valkey may lose the inventory, once, and it is loaded again.
    pub loses_all: bool,
    /// The event may be deleted.
    pub deletes: bool,
}

/// The sale, the list, and the processes that work on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    world: World,
    processes: [Option<Process>; PROCESSES_MAX],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Process {
    Join(Join),
    Notify(Notify),
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A free seat is reserved.
    Take,
    /// A taken seat comes free.
    Free,
    /// Valkey loses the inventory.
    LoseInventory,
    /// It is loaded again, with this many seats free.
    LoadInventory(u8),
    /// A user joins.
    Join(User),
    /// The job that notifies begins.
    Notify,
    /// The process in this slot takes a step.
    Step(usize),
    /// It stops permanently, and its transaction is rolled back.
    Crash(usize),
    /// The event is deleted.
    Delete,
    /// The rows of the deleted event are removed.
    Purge,
}

impl State {
    fn is_list_locked(&self, except: usize, guards: Guards) -> bool {
        self.others(except).any(|process| match process {
            Process::Join(join) => join.locks_list(guards),
            Process::Notify(notify) => notify.locks_list(guards),
        })
    }

    fn is_event_shared(&self, guards: Guards) -> bool {
        self.others(PROCESSES_MAX).any(|it| matches!(it, Process::Join(join) if join.shares_event(guards)))
    }

    fn others(&self, except: usize) -> impl Iterator<Item = &Process> {
        let others = self.processes.iter().enumerate().filter(move |(slot, _)| *slot != except);
        others.filter_map(|(_, process)| process.as_ref())
    }

    fn start(&mut self, process: Process) -> Option<()> {
        *self.processes.iter_mut().find(|slot| slot.is_none())? = Some(process);
        Some(())
    }

    fn step(&mut self, slot: usize, guards: Guards) -> Option<()> {
        let is_locked = self.is_list_locked(slot, guards);
        let next = match self.processes[slot]? {
            Process::Join(join) => join.step(&mut self.world, is_locked, guards)?.map(Process::Join),
            Process::Notify(notify) => notify.step(&mut self.world, is_locked, guards)?.map(Process::Notify),
        };
        self.processes[slot] = next;
        Some(())
    }
}

impl Model for Waitlist {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { world: World::new(), processes: [None; PROCESSES_MAX] }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend([Action::Take, Action::Free, Action::Notify]);
        actions.extend((0..USERS).map(Action::Join));
        for slot in 0..PROCESSES_MAX {
            actions.extend([Action::Step(slot), Action::Crash(slot)]);
        }
        if self.loses_all && state.world.sale.is_none_or(|sale| sale.epoch == 0) {
            actions.push(Action::LoseInventory);
            actions.extend((0..=SEATS).map(Action::LoadInventory));
        }
        if self.deletes {
            actions.extend([Action::Delete, Action::Purge]);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        let world = &mut state.world;
        match action {
            Action::Take => world.take()?,
            Action::Free => world.free(self.freed_max)?,
            Action::LoseInventory => world.sale = None,
            Action::LoadInventory(free_now) => world.load(free_now)?,
            Action::Join(user) => {
                let join = Join::begin(world, user);
                state.start(Process::Join(join))?;
            }
            Action::Notify => {
                let notify = Notify::begin(world, self.guards)?;
                state.start(Process::Notify(notify))?;
            }
            Action::Step(slot) => state.step(slot, self.guards)?,
            Action::Crash(slot) => state.processes[slot] = None,
            Action::Delete => {
                let may_delete = !last.is_event_shared(self.guards);
                world.list.deleted = may_delete.then_some(true)?;
            }
            Action::Purge => {
                let may_purge = world.list.deleted && !last.is_list_locked(PROCESSES_MAX, self.guards);
                world.list = List { purged: may_purge.then_some(true)?, deleted: true, ..List::default() };
            }
        }
        let running = state.processes.iter().flatten().count();
        Some(state).filter(|state| running <= self.processes && state != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("each seat that came free is offered once", |_, state: &State| {
                !state.world.ghost.offered_twice
            }),
            Property::always("no more seats are offered than are free", |_, state: &State| {
                !state.world.ghost.offered_in_vain
            }),
            Property::always("users who wait are notified of seats that came free", |_, state: &State| {
                !state.world.ghost.passed_over
            }),
            Property::always("a notification ends the user's wait", |_, state: &State| {
                !state.world.ghost.notified_twice
            }),
            Property::sometimes("two users are notified at once", |_, state: &State| {
                let both = |it: &Process| matches!(it, Process::Notify(notify) if notify.notifies_all());
                state.processes.iter().flatten().any(both)
            }),
        ];
        if self.deletes {
            properties.push(Property::always("nobody waits for a purged event", |_, state: &State| {
                !state.world.list.purged || !state.world.list.anybody_waits()
            }));
        }
        properties
    }
}
