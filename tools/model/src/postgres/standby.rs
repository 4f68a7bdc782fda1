//! One booking on a Postgres with synchronous standbys, one of which may take over: what is committed and shown is not
//! yet safe, and an answer must not stand on it.
//!
//! The row of the attempt in `bookings` stands for the whole booking. A commit waits for the standbys and is not shown
//! meanwhile; a wait that is cut short (by the server's time limit, or its restart) is shown and not safe.

use stateright::{Model, Property};

use super::tables::AttemptOutcome;
use crate::guards::{Guard, Guards};

/// The guards that are on.
#[derive(Clone, Copy, Debug)]
pub struct Replication {
    /// Which.
    pub guards: Guards,
}

/// A row on the first server and on its standbys, and what was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Servers {
    shown: AttemptOutcome,
    safe: AttemptOutcome,
    /// A commit that waits for the standbys.
    waiting: Option<Waiting>,
    /// The booking's transaction was sent, once.
    was_sent: bool,
    /// A standby has taken over, once.
    took_over: bool,
    /// A client was told that the booking is done.
    acknowledged: bool,
    /// A client was told that nothing was done.
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    outcome: AttemptOutcome,
    /// Whoever sent it has not given up yet.
    is_awaited: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The booking's transaction comes, however late.
    Book,
    /// The void of an unknown outcome, or of an overdue claim.
    Void,
    /// The client asks again, and what is booked already counts as done.
    Repeat,
    /// The standbys have all that was committed.
    Replicate,
    /// Whoever waits for the commit gives up.
    GiveUp,
    /// The server gives up waiting for the standbys, and says "done" with a warning.
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
                let may = !self.was_sent && self.waiting.is_none() && self.shown == AttemptOutcome::Unsettled;
                self.was_sent = may.then_some(true)?;
                self.commit(AttemptOutcome::Booked);
            }
            // Another's commit of the same row is waited for.
            Action::Void | Action::Repeat if self.waiting.is_some() => return None,
            Action::Void => match self.shown {
                AttemptOutcome::Unsettled => self.commit(AttemptOutcome::Void),
                outcome if guards.has(Guard::VoidWritesAgain) => self.commit(outcome),
                outcome => self.answer(outcome),
            },
            Action::Repeat if self.shown != AttemptOutcome::Booked => return None,
            Action::Repeat if guards.has(Guard::RepeatWaitsForStandby) => self.commit(AttemptOutcome::Booked),
            Action::Repeat => self.answer(AttemptOutcome::Booked),
            Action::Replicate => {
                if let Some(Waiting { outcome, is_awaited }) = self.waiting.take() {
                    self.shown = outcome;
                    if is_awaited {
                        self.answer(outcome);
                    }
                }
                self.safe = self.shown;
            }
            Action::GiveUp => self.waiting.as_mut()?.is_awaited = false,
            Action::CutShort => {
                let Waiting { outcome, is_awaited } = self.waiting?;
                if is_awaited && guards.has(Guard::ServerGivesUpLater) {
                    return None;
                }
                (self.waiting, self.shown) = (None, outcome);
                if is_awaited {
                    self.answer(outcome);
                }
            }
            Action::TakeOver => {
                self.took_over = (!self.took_over).then_some(true)?;
                (self.waiting, self.shown) = (None, self.safe);
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
                !servers.acknowledged || servers.shown == AttemptOutcome::Booked
            }),
            Property::always("what is refused is not booked", |_, servers: &Servers| {
                !servers.refused || servers.shown != AttemptOutcome::Booked
            }),
            Property::sometimes("a booking is shown and lost", |_, servers: &Servers| {
                servers.took_over && servers.was_sent && servers.shown == AttemptOutcome::Unsettled
            }),
        ]
    }
}
