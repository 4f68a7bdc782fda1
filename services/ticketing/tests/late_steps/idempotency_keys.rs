//! A process ends, or hears nothing, between a step of what a request asks for and the next, and the request comes again with its
//! key, at another replica: it is done once. And without the guard.

use std::sync::Arc;

use booked_idempotency::{Answered, KeptAnswers, Look, RequestKey};
use booked_ids::{EventId, TicketId};
use booked_server::ApiError;
use booked_ticketing::{
    domain::{
        booking::{Requested, Tickets},
        count::TicketsToCancel,
    },
    usecases::{book_tickets, cancel_chosen_tickets, cancel_tickets},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    controls::control_of,
    gates::Step,
    world::{Replica, World, soon, user},
};

/// The key of all requests here.
fn key() -> RequestKey {
    RequestKey { user: user(1), id: Uuid::from_u128(1), request: Uuid::from_u128(2) }
}

/// Of the two tickets that there are, one is asked for.
const ONE: u32 = 1;

#[derive(Clone, Copy, Debug)]
enum Asked {
    Book,
    Cancel,
    CancelChosen,
}

/// A process that answers requests with the key.
struct Answering<'a> {
    replica: &'a Replica,
    answers: Arc<KeptAnswers>,
}

impl<'a> Answering<'a> {
    fn new(world: &World, replica: &'a Replica) -> Self {
        Self { replica, answers: Arc::new(KeptAnswers::new(world.postgres.clone())) }
    }

    /// As the handlers do it.
    fn ask(&self, asked: Asked, tickets: &[TicketId]) -> JoinHandle<Result<Answered<()>, ApiError>> {
        let (context, answers) = (self.replica.context.clone(), Arc::clone(&self.answers));
        let event = tickets[0].event();
        let tickets: Tickets = tickets[..1].iter().copied().collect();
        tokio::spawn(async move {
            let look = if matches!(asked, Asked::Book) { Look::Late } else { Look::First };
            let act = || {
                let (context, tickets) = (context.clone(), tickets.clone());
                async move {
                    let requested = Requested { tickets, any_unknown: false };
                    let (user, key) = (user(1), Some(key()));
                    match asked {
                        Asked::Book => {
                            book_tickets(&context, user, requested, key).await.map_err(ApiError::from)
                        }
                        Asked::Cancel => {
                            let count = TicketsToCancel::new(ONE.into()).unwrap();
                            cancel_tickets(&context, user, event, count, key).await.map_err(ApiError::from)
                        }
                        Asked::CancelChosen => cancel_chosen_tickets(&context, user, requested, key)
                            .await
                            .map_err(ApiError::from),
                    }
                }
            };
            soon(answers.once(Some(key()), look, act)).await
        })
    }
}

/// Two tickets of the user, held if they are to be booked, and theirs if they are to be cancelled.
async fn tickets_for(asked: Asked, replica: &Replica, event: EventId) -> Vec<TicketId> {
    let tickets = replica.hold(user(1), event, 2).await;
    if !matches!(asked, Asked::Book) {
        replica.buy(user(1), &tickets).await;
    }
    tickets
}

async fn is_done_once(world: &World, event: EventId) -> bool {
    world.owners(event).await.len() == 1
}

/// A process ends before this step, and the request comes again: whether it was done before, if it is answered.
async fn repeated_after(world: &World, other: &Replica, event: EventId, asked: Asked, step: Step) -> bool {
    let (tickets, dying) = (tickets_for(asked, other, event).await, world.replica());
    let stop = dying.gates.stop_before(step);
    let first = Answering::new(world, &dying).ask(asked, &tickets);
    let stopped = stop.reached().await;
    first.abort();
    other.janitor(event).await;

    let again = Answering::new(world, other);
    let answer = again.ask(asked, &tickets).await.unwrap();
    let answer = answer.unwrap_or_else(|error| panic!("{asked:?}, {step:?}: {error}"));
    assert!(again.ask(asked, &tickets).await.unwrap().unwrap().is_replay);
    drop(stopped);
    answer.is_replay
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_step_a_process_ends_before_the_repeat_does_it_once() {
    for (asked, step, was_done) in [
        (Asked::Book, Step::Claim, false),
        (Asked::Book, Step::Book, false),
        (Asked::Book, Step::Finish, true),
        (Asked::Cancel, Step::ClaimSold, false),
        (Asked::Cancel, Step::Cancel, false),
        (Asked::Cancel, Step::Settle, true),
        (Asked::CancelChosen, Step::ClaimSold, false),
        (Asked::CancelChosen, Step::Cancel, false),
        (Asked::CancelChosen, Step::Settle, true),
    ] {
        let (world, other, event) = World::with_event().await;
        let is_replay = repeated_after(&world, &other, event, asked, step).await;
        assert_eq!(is_replay, was_done, "{asked:?} that ended before {step:?}");
        assert!(is_done_once(&world, event).await, "{asked:?} that ended before {step:?}");
        other.janitor(event).await;
        other.reconcile(event).await;
        world.assert_settled(event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_before_its_commit_comes_late_and_does_nothing() {
    for (asked, step) in
        [(Asked::Book, Step::Book), (Asked::Cancel, Step::Cancel), (Asked::CancelChosen, Step::Cancel)]
    {
        let (world, other, event) = World::with_event().await;
        let (tickets, slow) = (tickets_for(asked, &other, event).await, world.replica());
        let stop = slow.gates.stop_before(step);
        let first = Answering::new(&world, &slow).ask(asked, &tickets);
        let stopped = stop.reached().await;
        other.janitor(event).await;
        let repeat = Answering::new(&world, &other).ask(asked, &tickets).await;
        assert!(!repeat.unwrap().unwrap().is_replay, "{asked:?}");
        stopped.go_on();
        let late = first.await.unwrap().unwrap();
        assert!(late.is_replay, "{asked:?}: it gets the answer of the one that came first");
        assert!(is_done_once(&world, event).await, "{asked:?}");
        other.janitor(event).await;
        other.reconcile(event).await;
        world.assert_settled(event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_with_effect() {
    control_of("idempotency_keys", "key-with-effect", async {
        let (world, other, event) = World::with_event().await;
        repeated_after(&world, &other, event, Asked::Cancel, Step::Settle).await;
        is_done_once(&world, event).await
    })
    .await;
}
