//! Buyers whose calls are written down, for the history checker.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use booked_checker::{
    Limits, Report, Sources,
    history::{Call, Fault, Line, Op, Outcome, Response},
    verify,
};
use booked_failure::Failure;
use booked_ids::{EventId, TicketId, UserId};
use booked_ticketing::{
    domain::count::SeatsWanted,
    usecases::{BookError, CancelError, reserve_tickets},
};
use tokio::task::JoinHandle;

use crate::world::{Replica, World, soon};

/// A hold that is over soon, where everybody else's outlasts the test.
pub(crate) const SHORT: Duration = Duration::from_millis(100);

#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Vec<Line>>>);

#[expect(clippy::disallowed_methods, reason = "clients have clocks of their own")]
fn now_us() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

impl Witness {
    fn saw(&self, user: UserId, sent_us: u64, op: Op, outcome: Outcome) {
        let call = Call { user: Some(user.as_uuid()), sent_us, ended_us: now_us(), op, outcome, keyed: None };
        self.0.lock().unwrap().push(Line::Call(call));
    }

    /// From now on Valkey may offer what it should not.
    pub(crate) fn valkey_lies(&self) {
        let fault = Fault {
            began_us: now_us(),
            ended_us: u64::MAX,
            what: "Valkey lies".to_owned(),
            valkey_may_lose_writes: true,
        };
        self.0.lock().unwrap().push(Line::Fault(fault));
    }

    /// Reserves one seat of those that are free.
    pub(crate) async fn hold(&self, replica: &Replica, user: UserId, event: EventId) -> TicketId {
        let (sent_us, count) = (now_us(), SeatsWanted::new(1).unwrap());
        let held = soon(reserve_tickets(&replica.context, user, event, count, None)).await.unwrap().what;
        let answer = Response::Held {
            ticket_ids: held.tickets.iter().map(|ticket| ticket.as_uuid()).collect(),
            expires_unix_time: held.expires_unix_ms.div_euclid(1000),
        };
        let op = Op::Reserve { event_id: event.as_uuid(), count: 1 };
        self.saw(user, sent_us, op, Outcome::Ok(answer));
        held.tickets[0]
    }

    /// A booking that goes on on its own, whatever becomes of it.
    pub(crate) fn book(&self, replica: &Replica, user: UserId, ticket: TicketId) -> JoinHandle<()> {
        let (witness, sent_us, booking) = (self.clone(), now_us(), replica.book(user, &[ticket]));
        tokio::spawn(async move {
            let outcome = match booking.await.unwrap() {
                Ok(()) => Outcome::Ok(Response::Empty),
                Err(BookError::NotYours) => refused(400, "TICKET-03"),
                Err(BookError::NotReserved) => refused(400, "TICKET-02"),
                Err(BookError::OverLimit) => refused(409, "TICKET-04"),
                Err(BookError::EventCancelled) => refused(409, "EVENT-08"),
                Err(BookError::Failed(Failure::NotDone(_))) => refused(503, "SYS-07"),
                Err(
                    other @ BookError::Failed(
                        Failure::Refused(..) | Failure::Unknown(_) | Failure::Repeated(_),
                    ),
                ) => maybe(&other),
            };
            witness.saw(user, sent_us, Op::Book { ticket_ids: vec![ticket.as_uuid()] }, outcome);
        })
    }

    /// A cancel of one ticket that goes on on its own, whatever becomes of it.
    pub(crate) fn cancel(&self, replica: &Replica, user: UserId, event: EventId) -> JoinHandle<()> {
        let (witness, sent_us, cancel) = (self.clone(), now_us(), replica.cancel(user, event, 1));
        tokio::spawn(async move {
            let outcome = match cancel.await.unwrap() {
                Ok(()) => Outcome::Ok(Response::Empty),
                Err(CancelError::NoTicket) => refused(400, "TICKET-03"),
                Err(CancelError::TooFew) => refused(400, "TICKET-01"),
                Err(CancelError::Failed(Failure::NotDone(_))) => refused(503, "SYS-07"),
                Err(other) => maybe(&other),
            };
            witness.saw(user, sent_us, Op::Cancel { event_id: event.as_uuid(), count: 1 }, outcome);
        })
    }

    /// Reserves a seat and books it.
    pub(crate) async fn buy(&self, replica: &Replica, user: UserId, event: EventId) -> TicketId {
        let ticket = self.hold(replica, user, event).await;
        self.book(replica, user, ticket).await.unwrap();
        ticket
    }

    /// What the checker says of all that was written down, and of the databases.
    pub(crate) async fn judged(&self, world: &World) -> Report {
        let sources = Sources {
            ticketing_database_url: Some(world.database.url()),
            valkey_url: Some(world.valkey_url.clone()),
            limits: Limits { settle_timeout: Duration::from_secs(1), ..Limits::default() },
            ..Sources::default()
        };
        let history = self.0.lock().unwrap().clone();
        verify(&sources, history).await.unwrap()
    }
}

fn refused(status: u16, code: &str) -> Outcome {
    Outcome::Fail { status, code: code.to_owned() }
}

fn maybe(error: &dyn std::error::Error) -> Outcome {
    Outcome::Unknown { cause: error.to_string() }
}
