//! Somebody who is logged in, and calls.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_checker::history::{Call, Op, Outcome, Response};
use booked_contract::{
    event::NewEvent,
    user::{LogIn, Registration, Token},
};
use http::HeaderValue;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    clock::now_us,
    gateway::{Gateway, HttpResponse, Request, RequestError},
    op::{created, outcome, request, said},
};

/// Somebody who is logged in, or nobody in particular. Clones are the same person on the same connections.
#[derive(Clone)]
pub struct Session {
    gateway: Gateway,
    who: Option<Arc<Who>>,
}

struct Who {
    /// None for an admin, whose calls stand in no seat's history.
    user: Option<Uuid>,
    authorization: HeaderValue,
    expires_unix_s: u64,
}

/// Something that had to be done was not.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct CallError {
    /// What was op.
    pub what: &'static str,
    /// Status and code, or what was seen instead.
    pub why: String,
    /// The status, where there was an answer.
    pub status: Option<u16>,
}

/// What is read of a token. It is not verified: it comes from the one who made it.
#[derive(Deserialize)]
struct Claims {
    sub: Uuid,
    role: String,
    exp: u64,
}

impl Gateway {
    /// Registers an account; true where it is new, false where the email has one already.
    ///
    /// # Errors
    ///
    /// Where the answer is neither.
    pub async fn register(&self, name: &str, email: &str, password: &str) -> Result<bool, CallError> {
        let registration =
            Registration { name: name.to_owned(), email: email.to_owned(), password: password.to_owned() };
        let answered = self.ask(Request::post("/user/register/", &registration)).await;
        match &answered {
            Ok(answer) if answer.status.as_u16() == 409 => Ok(false),
            _ => done("registering", answered).map(|_| true),
        }
    }

    /// Logs in, and is that user from then on, or the admin.
    ///
    /// # Errors
    ///
    /// Where the answer is anything but a token that can be read.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Session, CallError> {
        const WHAT: &str = "logging in";
        let answer = done(WHAT, self.ask_log_in(email, password).await)?;
        self.session_of(&answer).ok_or_else(|| CallError {
            what: WHAT,
            why: "the token cannot be read".to_owned(),
            status: Some(answer.status.as_u16()),
        })
    }

    /// `POST /user/login/`, whatever the answer.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn ask_log_in(&self, email: &str, password: &str) -> Result<HttpResponse, RequestError> {
        let log_in = LogIn { email: email.to_owned(), password: password.to_owned() };
        self.ask(Request::post("/user/login/", &log_in)).await
    }

    /// Nobody in particular, who may read what anyone may.
    #[must_use]
    pub fn anyone(&self) -> Session {
        Session { gateway: self.clone(), who: None }
    }

    /// The session of a good answer to a log-in; none where it has no token that can be read.
    #[must_use]
    pub fn session_of(&self, answer: &HttpResponse) -> Option<Session> {
        let Token { token } = serde_json::from_slice(&answer.body).ok()?;
        self.resume(&token)
    }

    /// The session that a token of before stands for; none where it cannot be read. Whether it is still good shows when it
    /// is used.
    #[must_use]
    pub fn resume(&self, token: &str) -> Option<Session> {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        authorization.set_sensitive(true);
        let user = (claims.role != "admin").then_some(claims.sub);
        let who = Who { user, authorization, expires_unix_s: claims.exp };
        Some(Session { gateway: self.clone(), who: Some(Arc::new(who)) })
    }
}

impl Session {
    /// The same person, over new connections.
    #[must_use]
    pub fn over_new_connections(&self) -> Self {
        Self { gateway: self.gateway.over_new_connections(), who: self.who.clone() }
    }

    /// The user's id; none for an admin and for nobody in particular.
    #[must_use]
    pub fn user(&self) -> Option<Uuid> {
        self.who.as_ref().and_then(|who| who.user)
    }

    /// The token; none for nobody in particular.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let text = self.who.as_ref()?.authorization.to_str().ok()?;
        text.strip_prefix("Bearer ")
    }

    /// When the token expires, in Unix seconds; 0 for nobody in particular.
    #[must_use]
    pub fn expires_unix_s(&self) -> u64 {
        self.who.as_ref().map_or(0, |who| who.expires_unix_s)
    }

    /// Asks, and tells the call as a history tells it.
    pub async fn call(&self, op: Op) -> Call {
        self.call_with_pause(op).await.0
    }

    /// The same; and how long the answer asks to wait before the next attempt.
    pub async fn call_with_pause(&self, op: Op) -> (Call, Option<Duration>) {
        let sent_us = now_us();
        let answered = self.ask(request(&op)).await;
        let ended_us = now_us();
        let outcome = outcome(&answered, |answer| said(&op, answer));
        let pause = answered.ok().and_then(|answer| answer.retry_after);
        (Call { user: self.user(), sent_us, ended_us, op, outcome }, pause)
    }

    /// Asks anything, with this session's token.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub async fn ask(&self, request: Request) -> Result<HttpResponse, RequestError> {
        let request = match &self.who {
            Some(who) => request.by(&who.authorization),
            None => request,
        };
        self.gateway.ask(request).await
    }

    /// Creates an event, as an admin, where all its fields matter; [`Op::CreateEvent`] makes them up.
    ///
    /// # Errors
    ///
    /// Where it was not created.
    pub async fn create_event(&self, event: &NewEvent) -> Result<Uuid, CallError> {
        const WHAT: &str = "creating an event";
        let answer = done(WHAT, self.ask(Request::post("/event/", event)).await)?;
        let unread = || CallError { what: WHAT, why: "its Location is no event".to_owned(), status: None };
        created(&answer).ok_or_else(unread)
    }
}

fn done(what: &'static str, answered: Result<HttpResponse, RequestError>) -> Result<HttpResponse, CallError> {
    let why = match outcome(&answered, |_| Some(Response::Empty)) {
        Outcome::Ok(_) => String::new(),
        Outcome::Fail { status, code } => format!("{status} {code}"),
        Outcome::Unknown { cause } => cause,
    };
    match answered {
        Ok(answer) if answer.status.is_success() => Ok(answer),
        other => Err(CallError { what, why, status: other.ok().map(|answer| answer.status.as_u16()) }),
    }
}
