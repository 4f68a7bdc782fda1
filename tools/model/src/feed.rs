//! A feed between two services: rows of an outbox, shown in an order in which none is ever skipped, and applied once.
//!
//! A few transactions change one or two subjects of the producer, and each writes a row of the outbox. The consumer keeps
//! the newest versions and counts the rows. The producer's database may be replaced by one that lacks what was committed
//! last, and gives its position to another row. Rows may be archived, so that one stands for several.

mod consumer;
mod producer;

use stateright::{Model, Property};

use self::{
    consumer::{Consumer, Puller},
    producer::{Producer, TRANSACTIONS},
};
use crate::guards::Guards;

const PULLERS: usize = 2;

/// How large, and what may befall it.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// The guards that are on.
    pub guards: Guards,
    /// How many transactions write, 3 at most.
    pub transactions: usize,
    /// How many entries a page has at most.
    pub page: usize,
    /// How many subjects they change, 2 at most.
    pub subjects: usize,
    /// The producer's database may be replaced, once.
    pub restores: bool,
    /// How often rows may be archived.
    pub archives: u8,
}

/// Both sides, and the replicas that pull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Services {
    producer: Producer,
    consumer: Consumer,
    pullers: [Option<Puller>; PULLERS],
    /// A pull for somebody who must have all was over too early.
    was_late: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A transaction reads how far ids were given out …
    Begin(usize),
    /// … and takes the lock that says so.
    Announce(usize),
    /// It takes an id and writes to the outbox; its subject is locked until it ends.
    Write(usize),
    /// It ends, and what it wrote is there or not.
    Commit(usize),
    /// The same.
    RollBack(usize),
    /// The producer's database is replaced by one that does not have all of it.
    Restore,
    /// The rows of these transactions, a set, are archived.
    Archive(u8),
    /// A replica pulls one page …
    Pull,
    /// … or until all that was committed by now is applied.
    PullNow,
    /// The change that is noted gets its turn.
    CarryOut,
    /// The replica in this slot takes a step.
    Step(usize),
    /// It stops for ever.
    Crash(usize),
}

impl Services {
    fn start(&mut self, puller: Puller) -> Option<()> {
        *self.pullers.iter_mut().find(|slot| slot.is_none())? = Some(puller);
        Some(())
    }

    /// One step of a replica; its next one.
    fn pull(&mut self, puller: Puller, page: usize, guards: Guards) -> Option<Puller> {
        puller.step(&self.producer, &mut self.consumer, &mut self.was_late, page, guards)
    }

    /// Once nobody writes any more, one replica that pulls, and a turn for the change that is noted, bring the consumer to
    /// what the producer says.
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
            Property::always("who waits for all has all", |_, services: &Services| !services.was_late),
            Property::always("what is known never gets older", |_, services: &Services| {
                !services.consumer.went_back
            }),
            Property::sometimes("a row is there before one with a lower id", |_, services: &Services| {
                services.producer.is_overtaken()
            }),
            Property::sometimes("a row is held back by an earlier one", |feed: &Feed, it: &Services| {
                it.producer.holds_back(feed.guards)
            }),
        ]
    }
}
