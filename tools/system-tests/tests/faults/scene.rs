//! One of everything that the routes need, prepared while all is well, and each route asked once.

use booked_system_tests::{Answer, Api, World};
use futures_util::future::join_all;
use serde_json::{Value, json};

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
    anyone: Api,
    admin: Api,
    member: Api,
    email: String,
    event: String,
    event_to_delete: String,
    held: Value,
    held_to_release: Value,
    booked: Value,
    /// Bookings to cancel, at an event of their own: cancelling takes the latest.
    event_to_cancel: String,
}

impl Scene {
    /// Needs everything.
    pub(crate) async fn prepare(world: &World) -> Result<Self, String> {
        let admin = world.admin().await?;
        let member = world.member().await?;
        let event = world.event(&admin, 20).await?;
        let event_to_cancel = world.event(&admin, 20).await?;
        let api = member.api;
        book(&api, &hold(&api, &event_to_cancel).await?).await?;
        let booked = hold(&api, &event).await?;
        book(&api, &booked).await?;
        Ok(Self {
            anyone: world.api.clone(),
            held: hold(&api, &event).await?,
            held_to_release: hold(&api, &event).await?,
            event_to_delete: world.event(&admin, 20).await?,
            admin,
            member: api,
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
            .filter_map(|(route, answer)| judge(route, &answer, away.contains(&route)))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    async fn ask(&self, route: Route) -> Answer {
        let seats = |event: &str| json!({ "event_id": event, "count": 1 });
        match route {
            Route::Health => self.anyone.get("/health/").await,
            Route::Register => {
                let email = format!("also-{}", self.email);
                let account = json!({ "name": "Also", "email": email, "password": World::PASSWORD });
                self.anyone.post("/user/register/", account).await
            }
            Route::LogIn => {
                let account = json!({ "email": self.email, "password": World::PASSWORD });
                self.anyone.post("/user/login/", account).await
            }
            Route::ListBookings => self.member.get("/user/bookings/").await,
            Route::CreateEvent => self.admin.post("/event/", World::new_event(10)).await,
            Route::ListEvents => self.anyone.get("/event/").await,
            Route::ReadEvent => self.anyone.get(&format!("/event/{}/", self.event)).await,
            Route::UpdateEvent => {
                let change = json!({ "id": self.event, "description": "Changed" });
                self.admin.post("/event/update/", change).await
            }
            Route::DeleteEvent => self.admin.delete(&format!("/event/?id={}", self.event_to_delete)).await,
            Route::Reserve => self.member.post("/ticket/reserve/", seats(&self.event)).await,
            Route::Book => self.member.post("/ticket/book/", json!({ "ticket_ids": self.held })).await,
            Route::BookAgain => self.member.post("/ticket/book/", json!({ "ticket_ids": self.booked })).await,
            Route::Release => {
                self.member.post("/ticket/release/", json!({ "ticket_ids": self.held_to_release })).await
            }
            Route::Cancel => self.member.post("/ticket/cancel/", seats(&self.event_to_cancel)).await,
            Route::JoinWaitlist => self.member.post("/waitlist/add/", seats(&self.event)).await,
            Route::Analytics => self.admin.get("/analytics/").await,
            Route::CancellationRates => self.admin.get("/analytics/cancellation_rates/").await,
        }
    }
}

/// What is wrong with an answer, if anything.
fn judge(route: Route, answer: &Answer, should_be_away: bool) -> Option<String> {
    let says_away = (answer.status, answer.code()) == (503, "SYS-07");
    let says_unknown = (answer.status, answer.code()) == (504, "SYS-08") && route.is_write();
    let is_right = if should_be_away {
        (says_away || says_unknown) && answer.took <= ANSWER_WITHIN
    } else {
        (200..300).contains(&answer.status)
    };
    let expected = if should_be_away { "should be away" } else { "should work" };
    (!is_right).then(|| format!("{route:?} {expected}: {answer:?}"))
}

async fn hold(member: &Api, event: &str) -> Result<Value, String> {
    let answer = member.post("/ticket/reserve/", json!({ "event_id": event, "count": 1 })).await;
    Ok(answer.expect(200)?.body["ticket_ids"].clone())
}

async fn book(member: &Api, tickets: &Value) -> Result<Answer, String> {
    member.post("/ticket/book/", json!({ "ticket_ids": tickets })).await.expect(200)
}
