//! The terms of a sale in Valkey: after a change was answered, no reservation is judged by older terms.
//!
//! Postgres has the newest version of the terms. Who changed it follows: reads it, and runs `outbound/valkey/follow.lua`. A load
//! (`usecases/load_inventory.rs`) takes the lease, reads, and runs `outbound/valkey/publish.lua`. Either may stop between its steps and go
//! on late; Valkey may lose the inventory. A version is answered when a follow that read it, or a newer one, has run.

use stateright::{Model, Property};

use crate::guards::{Guard, Guards};

const VERSION_MAX: u8 = 3;
const FOLLOWERS: usize = 2;
const LOADS: usize = 2;

/// Changes of one event's terms, and loads of its inventory.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The guards that are on.
    pub guards: Guards,
}

/// Postgres, Valkey, and who is on the way between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// In Postgres.
    committed: u8,
    /// The newest that was answered.
    answered: u8,
    /// The version in the inventory; none if there is no inventory.
    inventory: Option<u8>,
    /// Whose lease it is.
    lease: Option<usize>,
    /// What each follower has read.
    followers: [Option<u8>; FOLLOWERS],
    loads: [Load; LOADS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Load {
    Idle,
    Leased,
    Read(u8),
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The terms are changed in Postgres.
    Change,
    /// A follower reads the terms.
    Read(usize),
    /// A follower runs the script.
    Follow(usize),
    /// A load takes the lease.
    Lease(usize),
    /// A load reads the snapshot.
    Snapshot(usize),
    /// A load publishes.
    Publish(usize),
    /// The lease of a load that takes long runs out.
    LeaseEnds,
    /// Valkey loses the inventory.
    Lose,
}

impl Terms {
    fn next(self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Change => {
                state.committed = (state.committed < VERSION_MAX).then_some(state.committed + 1)?
            }
            Action::Read(follower) => {
                state.followers[follower] =
                    state.followers[follower].is_none().then_some(Some(state.committed))?;
            }
            Action::Follow(follower) => {
                let read = state.followers[follower].take()?;
                match state.inventory {
                    Some(known) if known > read && self.guards.has(Guard::NewestTermsWin) => {}
                    Some(_) => state.inventory = Some(read),
                    None if self.guards.has(Guard::FollowEndsLoad) => state.lease = None,
                    None => {}
                }
                state.answered = state.answered.max(read);
            }
            Action::Lease(load) => {
                let may =
                    state.loads[load] == Load::Idle && state.lease.is_none() && state.inventory.is_none();
                state.lease = may.then_some(Some(load))?;
                state.loads[load] = Load::Leased;
            }
            Action::Snapshot(load) => {
                state.loads[load] =
                    (state.loads[load] == Load::Leased).then_some(Load::Read(state.committed))?;
            }
            Action::Publish(load) => {
                let Load::Read(read) = state.loads[load] else { return None };
                state.loads[load] = Load::Idle;
                if state.lease == Some(load) {
                    state.lease = None;
                    if state.inventory.is_none() {
                        state.inventory = Some(read);
                    }
                }
            }
            Action::LeaseEnds => state.lease = state.lease.is_some().then_some(None)?,
            Action::Lose => state.inventory = state.inventory.is_some().then_some(None)?,
        }
        Some(())
    }
}

impl Model for Terms {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            committed: 1,
            answered: 1,
            inventory: None,
            lease: None,
            followers: [None; FOLLOWERS],
            loads: [Load::Idle; LOADS],
        }]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        actions.extend([Action::Change, Action::LeaseEnds, Action::Lose]);
        actions
            .extend((0..FOLLOWERS).flat_map(|follower| [Action::Read(follower), Action::Follow(follower)]));
        actions.extend(
            (0..LOADS).flat_map(|load| [Action::Lease(load), Action::Snapshot(load), Action::Publish(load)]),
        );
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.next(&mut state, action)?;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what was answered is in effect", |_, state: &State| {
                state.inventory.is_none_or(|known| known >= state.answered)
            }),
            Property::sometimes("an inventory has the newest terms", |_, state: &State| {
                state.inventory == Some(VERSION_MAX)
            }),
        ]
    }
}
