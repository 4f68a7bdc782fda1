//! One of everything that the routes need, prepared while all is well, and each route asked once.

use std::time::{Duration, Instant};

use booked_client::{Call, Client, Error, EventQuery, Failure, FromAnswer, operations as op};
use booked_contract::{Code, event::EventChange};
use booked_system_tests::World;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::ANSWER_WITHIN;

/// Every route of the contract; booking twice over, since repeating one needs less than a first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    Register,
    LogIn,
    ListBookings,
    CreateEvent,
    ListEvents,
    ReadEvent,
    UpdateEvent,
    DeleteEvent,
    Reserve,
    Book,
    BookAgain,
    Release,
    Cancel,
    JoinWaitlist,
    Analytics,
    CancellationRates,
}

impl Route {
    pub(crate) const ALL: [Self; 17] = [
        Self::Health,
        Self::Register,
        Self::LogIn,
        Self::ListBookings,
        Self::CreateEvent,
        Self::ListEvents,
        Self::ReadEvent,
        Self::UpdateEvent,
        Self::DeleteEvent,
        Self::Reserve,
        Self::Book,
        Self::BookAgain,
        Self::Release,
        Self::Cancel,
        Self::JoinWaitlist,
        Self::Analytics,
        Self::CancellationRates,
    ];

    fn is_write(self) -> bool {
        !matches!(
            self,
            Self::Health
                | Self::ListBookings
                | Self::ListEvents
                | Self::ReadEvent
                | Self::Analytics
                | Self::CancellationRates
        )
    }
}

/// Events, holds and a booking of somebody's.
pub(crate) struct Scene {
    anyone: Client,
    admin: Client,
    member: Client,
    email: String,
    event: Uuid,
    event_to_delete: Uuid,
    held: Vec<Uuid>,
    held_to_release: Vec<Uuid>,
    booked: Vec<Uuid>,
    /// Bookings to cancel, at an event of their own: cancelling takes the latest.
    event_to_cancel: Uuid,
}

/// What came of asking a route, and how long it took.
struct Asked {
    failure: Option<Failure>,
    took: Duration,
}

impl Scene {
    /// Needs everything.
    pub(crate) async fn prepare(world: &World) -> Result<Self, Error> {
        let admin = world.admin().await?;
        let member = world.member().await?;
        let event = world.event(&admin, 20).await?;
        let event_to_cancel = world.event(&admin, 20).await?;
        let client = member.client;
        client.call(op::book_tickets(&hold(&client, event_to_cancel).await?)).await?;
        let booked = hold(&client, event).await?;
        client.call(op::book_tickets(&booked)).await?;
        Ok(Self {
            anyone: world.anyone.clone(),
            held: hold(&client, event).await?,
            held_to_release: hold(&client, event).await?,
            event_to_delete: world.event(&admin, 20).await?,
            admin,
            member: client,
            email: member.email,
            event,
            booked,
            event_to_cancel,
        })
    }

    /// Asks every route: these must say that they are away, all others must work.
    pub(crate) async fn expect_away(&self, away: &[Route]) -> Result<(), String> {
        let asked = Route::ALL.into_iter().map(|route| async move { (route, self.ask(route).await) });
        let wrong: Vec<String> = join_all(asked)
            .await
            .into_iter()
            .filter_map(|(route, asked)| judge(route, &asked, away.contains(&route)))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    async fn ask(&self, route: Route) -> Asked {
        let (anyone, admin, member) = (&self.anyone, &self.admin, &self.member);
        match route {
            Route::Health => once(anyone, op::health()).await,
            Route::Register => {
                let email = format!("also-{}", self.email);
                once(anyone, op::register_user("Also", &email, World::PASSWORD)).await
            }
            Route::LogIn => once(anyone, op::log_in(&self.email, World::PASSWORD)).await,
            Route::ListBookings => once(member, op::list_bookings()).await,
            Route::CreateEvent => once(admin, op::create_event(&World::new_event(10))).await,
            Route::ListEvents => once(anyone, op::list_events(&EventQuery::default())).await,
            Route::ReadEvent => once(anyone, op::get_event(self.event)).await,
            Route::UpdateEvent => {
                let (id, description) = (self.event.to_string(), Some("Changed".to_owned()));
                let change = EventChange { id, description, ..EventChange::default() };
                once(admin, op::update_event(&change)).await
            }
            Route::DeleteEvent => once(admin, op::delete_event(self.event_to_delete)).await,
            Route::Reserve => once(member, op::reserve_tickets(self.event, 1)).await,
            Route::Book => once(member, op::book_tickets(&self.held)).await,
            Route::BookAgain => once(member, op::book_tickets(&self.booked)).await,
            Route::Release => once(member, op::release_tickets(&self.held_to_release)).await,
            Route::Cancel => once(member, op::cancel_tickets(self.event_to_cancel, 1)).await,
            Route::JoinWaitlist => once(member, op::add_to_waitlist(self.event, 1)).await,
            Route::Analytics => once(admin, op::list_analytics()).await,
            Route::CancellationRates => once(admin, op::list_cancellation_rates()).await,
        }
    }
}

/// Asks once and without a key: the first answer must be right.
async fn once<T: FromAnswer>(client: &Client, call: Call<T>) -> Asked {
    let begun = Instant::now();
    let failure = client.send_once(&call).await.err();
    Asked { failure, took: begun.elapsed() }
}

/// What is wrong with an answer, if anything.
fn judge(route: Route, asked: &Asked, should_be_away: bool) -> Option<String> {
    let answer = match &asked.failure {
        Some(Failure::Api(error)) => Some((error.status, error.code())),
        _ => None,
    };
    let says_away = answer == Some((503, Some(Code::Unavailable)));
    let says_unknown = answer == Some((504, Some(Code::UpstreamTimedOut))) && route.is_write();
    let is_right = if should_be_away {
        (says_away || says_unknown) && asked.took <= ANSWER_WITHIN
    } else {
        asked.failure.is_none()
    };
    let expected = if should_be_away { "should be away" } else { "should work" };
    (!is_right).then(|| format!("{route:?} {expected}: {:?} after {:?}", asked.failure, asked.took))
}

async fn hold(member: &Client, event: Uuid) -> Result<Vec<Uuid>, Error> {
    Ok(member.call(op::reserve_tickets(event, 1)).await?.ticket_ids)
}
