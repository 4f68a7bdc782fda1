//! One booking on a Postgres with synchronous standbys, one of which may take over: what is committed and visible is
//! not yet safe, and an answer must not depend on it.
//!
//! The attempt's row in `bookings` represents the whole booking. A commit waits for the standbys and is not visible
//! meanwhile. If the wait is cut short, by the server's time limit or its restart, the commit is visible and not safe.

use stateright::{Model, Property};

use super::tables::AttemptOutcome;
use crate::guards::{Guard, Guards};

#[derive(Clone, Copy, Debug)]
pub struct Replication {
    pub guards: Guards,
}

/// The row on the primary and on its standbys, and what was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Servers {
    visible: AttemptOutcome,
    safe: AttemptOutcome,
    /// A commit that waits for the standbys.
    waiting: Option<Waiting>,
    /// The booking's transaction was sent, once.
    was_sent: bool,
    /// A standby has taken over, once.
    took_over: bool,
    /// A client was answered that the booking is done.
    acknowledged: bool,
    /// A client was answered that nothing was done.
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    outcome: AttemptOutcome,
    /// The client that sent it has not given up yet.
    is_awaited: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The booking's transaction arrives, however late.
    Book,
    /// The void of an unknown outcome, or of an overdue claim.
    Void,
    /// The client repeats the booking, and what is booked already counts as done.
    Repeat,
    /// The standbys receive everything that is committed.
    Replicate,
    /// The client that waits for the commit gives up.
    GiveUp,
    /// The server stops waiting for the standbys, and reports success with a warning.
    CutShort,
    /// A standby takes over.
    TakeOver,
}

impl Servers {
    fn commit(&mut self, outcome: AttemptOutcome) {
        self.waiting = Some(Waiting { outcome, is_awaited: true });
    }

    fn answer(&mut self, outcome: AttemptOutcome) {
        self.acknowledged |= outcome == AttemptOutcome::Booked;
        self.refused |= outcome == AttemptOutcome::Void;
    }

    fn act(&mut self, action: Action, guards: Guards) -> Option<()> {
        match action {
            Action::Book => {
                let may =
                    !self.was_sent && self.waiting.is_none() && self.visible == AttemptOutcome::Unsettled;
                self.was_sent = may.then_some(true)?;
                self.commit(AttemptOutcome::Booked);
            }
            // It waits for another commit of the same row.
            Action::Void | Action::Repeat if self.waiting.is_some() => return None,
            Action::Void => match self.visible {
                AttemptOutcome::Unsettled => self.commit(AttemptOutcome::Void),
                outcome if guards.has(Guard::VoidWritesAgain) => self.commit(outcome),
                outcome => self.answer(outcome),
            },
            Action::Repeat if self.visible != AttemptOutcome::Booked => return None,
            Action::Repeat if guards.has(Guard::RepeatWaitsForStandby) => self.commit(AttemptOutcome::Booked),
            Action::Repeat => self.answer(AttemptOutcome::Booked),
            Action::Replicate => {
                if let Some(Waiting { outcome, is_awaited }) = self.waiting.take() {
                    self.visible = outcome;
                    if is_awaited {
                        self.answer(outcome);
                    }
                }
                self.safe = self.visible;
            }
            Action::GiveUp => self.waiting.as_mut()?.is_awaited = false,
            Action::CutShort => {
                let Waiting { outcome, is_awaited } = self.waiting?;
                if is_awaited && guards.has(Guard::ServerGivesUpLater) {
                    return None;
                }
                (self.waiting, self.visible) = (None, outcome);
                if is_awaited {
                    self.answer(outcome);
                }
            }
            Action::TakeOver => {
                self.took_over = (!self.took_over).then_some(true)?;
                (self.waiting, self.visible) = (None, self.safe);
            }
        }
        Some(())
    }
}

impl Model for Replication {
    type State = Servers;
    type Action = Action;

    fn init_states(&self) -> Vec<Servers> {
        vec![Servers::default()]
    }

    fn actions(&self, _: &Servers, actions: &mut Vec<Action>) {
        use Action::{Book, CutShort, GiveUp, Repeat, Replicate, TakeOver, Void};
        actions.extend([Book, Void, Repeat, Replicate, GiveUp, CutShort, TakeOver]);
    }

    fn next_state(&self, last: &Servers, action: Action) -> Option<Servers> {
        let mut servers = *last;
        servers.act(action, self.guards)?;
        Some(servers).filter(|servers| servers != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("an acknowledged booking stays", |_, servers: &Servers| {
                !servers.acknowledged || servers.visible == AttemptOutcome::Booked
            }),
            Property::always("what is refused is not booked", |_, servers: &Servers| {
                !servers.refused || servers.visible != AttemptOutcome::Booked
            }),
            Property::sometimes("a booking is visible and then lost", |_, servers: &Servers| {
                servers.took_over && servers.was_sent && servers.visible == AttemptOutcome::Unsettled
            }),
        ]
    }
}
