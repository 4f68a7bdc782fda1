//! A feed between two services: rows of an outbox, shown in an order in which none is ever skipped, and applied once.
//!
//! A few transactions change one or two subjects of the producer, and each writes a row to the outbox. The consumer
//! keeps the newest versions and counts the rows. The producer's database may be replaced by one that lacks what was
//! committed last, and gives that row's position to another one. Rows may be archived, so that one row replaces
//! several.

mod consumer;
mod producer;

use stateright::{Model, Property};

use self::{
    consumer::{Consumer, Puller},
    producer::{Producer, TRANSACTIONS},
};
use crate::guards::Guards;

const PULLERS: usize = 2;

/// How large the model is, and which faults may happen.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// The guards that are on.
    pub guards: Guards,
    /// How many transactions write, 3 at most.
    pub transactions: usize,
    /// How many entries a page has, at most.
    pub page: usize,
    /// How many subjects they change, 2 at most.
    pub subjects: usize,
    /// The producer's database may be replaced, once.
    pub restores: bool,
    /// How often rows may be archived.
    pub archives: u8,
}

/// Both services, and the consumer's replicas that pull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Services {
    producer: Producer,
    consumer: Consumer,
    pullers: [Option<Puller>; PULLERS],
    /// A caller that must have everything was answered too early.
    was_late: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A transaction reads which id was assigned last …
    Begin(usize),
    /// … and takes the lock that announces it.
    Announce(usize),
    /// It takes an id and writes to the outbox; its subject is locked until it ends.
    Write(usize),
    Commit(usize),
    RollBack(usize),
    /// The producer's database is replaced by one that lacks the newest rows.
    Restore,
    /// The rows of this set of transactions are archived.
    Archive(u8),
    /// A replica pulls one page …
    Pull,
    /// … or until everything that is committed now is applied.
    PullNow,
    /// The change that was noted is carried out.
    CarryOut,
    /// The replica in this slot takes a step.
    Step(usize),
    /// It stops permanently.
    Crash(usize),
}

impl Services {
    fn start(&mut self, puller: Puller) -> Option<()> {
        *self.pullers.iter_mut().find(|slot| slot.is_none())? = Some(puller);
        Some(())
    }

    /// Takes one step of a replica, and returns the next one.
    fn pull(&mut self, puller: Puller, page: usize, guards: Guards) -> Option<Puller> {
        puller.step(&self.producer, &mut self.consumer, &mut self.was_late, page, guards)
    }

    /// When nothing is written any more, a replica that pulls and the change that was noted bring the consumer to what
    /// the producer says.
    fn converges(&self, page: usize, guards: Guards) -> bool {
        let mut services = *self;
        services.producer.roll_back_all();
        loop {
            let before = services.consumer;
            let mut next = Some(Puller::one_page(&services.consumer));
            while let Some(puller) = next {
                next = services.pull(puller, page, guards);
            }
            services.consumer.carry_out(guards);
            if services.consumer == before {
                return before.reflects(&services.producer);
            }
        }
    }
}

impl Model for Feed {
    type State = Services;
    type Action = Action;

    fn init_states(&self) -> Vec<Services> {
        vec![Services::default()]
    }

    fn actions(&self, _: &Services, actions: &mut Vec<Action>) {
        for transaction in 0..self.transactions.min(TRANSACTIONS) {
            actions.extend([Action::Begin(transaction), Action::Announce(transaction)]);
            actions.push(Action::Write(transaction));
            actions.extend([Action::Commit(transaction), Action::RollBack(transaction)]);
        }
        actions.extend([Action::Pull, Action::PullNow, Action::CarryOut]);
        for slot in 0..PULLERS {
            actions.extend([Action::Step(slot), Action::Crash(slot)]);
        }
        if self.restores {
            actions.push(Action::Restore);
        }
        if self.archives > 0 {
            actions.extend((1..1 << TRANSACTIONS).map(Action::Archive));
        }
    }

    fn next_state(&self, last: &Services, action: Action) -> Option<Services> {
        let mut services = *last;
        let Services { producer, consumer, .. } = &mut services;
        match action {
            Action::Begin(transaction) => producer.begin(transaction, self.guards)?,
            Action::Announce(transaction) => producer.announce(transaction)?,
            Action::Write(transaction) => producer.write(transaction, self.subjects, self.guards)?,
            Action::Commit(transaction) => producer.commit(transaction)?,
            Action::RollBack(transaction) => producer.roll_back(transaction)?,
            Action::Restore => producer.restore()?,
            Action::Archive(which) => producer.archive(which, self.archives)?,
            Action::Pull => {
                let puller = Puller::one_page(consumer);
                services.start(puller)?;
            }
            Action::PullNow => {
                let puller = Puller::all(consumer, producer);
                services.start(puller)?;
            }
            Action::CarryOut => consumer.carry_out(self.guards),
            Action::Step(slot) => {
                let puller = services.pullers[slot]?;
                services.pullers[slot] = services.pull(puller, self.page, self.guards);
            }
            Action::Crash(slot) => services.pullers[slot] = None,
        }
        Some(services).filter(|services| services != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "no entry is skipped or counted twice, and the newest is known",
                |feed: &Self, it: &Services| it.converges(feed.page, feed.guards),
            ),
            Property::always(
                "a caller that waits for everything has everything",
                |_, services: &Services| !services.was_late,
            ),
            Property::always("what is known never gets older", |_, services: &Services| {
                !services.consumer.went_back
            }),
            Property::sometimes("a row is committed before one with a lower id", |_, services: &Services| {
                services.producer.is_overtaken()
            }),
            Property::sometimes("a row is held back by an earlier one", |feed: &Feed, it: &Services| {
                it.producer.holds_back(feed.guards)
            }),
        ]
    }
}
