//! A client that is logged in, and its calls.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_checker::history::{Call, Op, Outcome, Response, Try};
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
    op::{created, outcome, request, response_to},
};

/// A client that is logged in, or anonymous. Clones are the same client on the same connections.
#[derive(Clone)]
pub struct Session {
    gateway: Gateway,
    identity: Option<Arc<Identity>>,
}

struct Identity {
    /// None for an admin.
    user: Option<Uuid>,
    authorization: HeaderValue,
    expires_unix_s: u64,
}

/// A call that had to succeed did not.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct CallError {
    /// What was attempted.
    pub what: &'static str,
    /// Status and code, or the cause of an unknown outcome.
    pub why: String,
    /// None if there was no answer.
    pub status: Option<u16>,
}

/// What is needed of a token. It is not verified, since it comes from its issuer.
#[derive(Deserialize)]
struct Claims {
    sub: Uuid,
    role: String,
    exp: u64,
}

impl Gateway {
    /// True if the account is new, false if the email has one already.
    ///
    /// # Errors
    ///
    /// Any other answer.
    pub async fn register(&self, name: &str, email: &str, password: &str) -> Result<bool, CallError> {
        let registration =
            Registration { name: name.to_owned(), email: email.to_owned(), password: password.to_owned() };
        let answered = self.send(Request::post("/user/register/", &registration)).await;
        match &answered {
            Ok(answer) if answer.status.as_u16() == 409 => Ok(false),
            _ => expect_ok("registering", answered).map(|_| true),
        }
    }

    /// # Errors
    ///
    /// Any answer except a token that can be read.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Session, CallError> {
        const WHAT: &str = "logging in";
        let answer = expect_ok(WHAT, self.send_log_in(email, password).await)?;
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
    /// If there is no answer.
    pub async fn send_log_in(&self, email: &str, password: &str) -> Result<HttpResponse, RequestError> {
        let log_in = LogIn { email: email.to_owned(), password: password.to_owned() };
        self.send(Request::post("/user/login/", &log_in)).await
    }

    /// An anonymous client, which may read what is public.
    #[must_use]
    pub fn anonymous(&self) -> Session {
        Session { gateway: self.clone(), identity: None }
    }

    /// The session from an answer to a log-in; none if it has no token that can be read.
    #[must_use]
    pub fn session_of(&self, answer: &HttpResponse) -> Option<Session> {
        let Token { token } = serde_json::from_slice(&answer.body).ok()?;
        self.resume(&token)
    }

    /// The session of a stored token; none if it cannot be read. Whether the token is still valid shows when it is
    /// used.
    #[must_use]
    pub fn resume(&self, token: &str) -> Option<Session> {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        authorization.set_sensitive(true);
        let user = (claims.role != "admin").then_some(claims.sub);
        let identity = Identity { user, authorization, expires_unix_s: claims.exp };
        Some(Session { gateway: self.clone(), identity: Some(Arc::new(identity)) })
    }
}

impl Session {
    /// The same client on new connections.
    #[must_use]
    pub fn over_new_connections(&self) -> Self {
        Self { gateway: self.gateway.over_new_connections(), identity: self.identity.clone() }
    }

    /// None for an admin and an anonymous client.
    #[must_use]
    pub fn user(&self) -> Option<Uuid> {
        self.identity.as_ref().and_then(|identity| identity.user)
    }

    /// None for an anonymous client.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let text = self.identity.as_ref()?.authorization.to_str().ok()?;
        text.strip_prefix("Bearer ")
    }

    /// 0 for an anonymous client.
    #[must_use]
    pub fn expires_unix_s(&self) -> u64 {
        self.identity.as_ref().map_or(0, |identity| identity.expires_unix_s)
    }

    /// Returns the call as a history has it.
    pub async fn call(&self, op: Op) -> Call {
        self.call_with_pause(op).await.0
    }

    /// Also returns how long to wait before the next attempt, if the answer says so.
    pub async fn call_with_pause(&self, op: Op) -> (Call, Option<Duration>) {
        let (Try { sent_us, ended_us, outcome, .. }, pause) = self.attempt(&op, None).await;
        (Call { user: self.user(), sent_us, ended_us, op, outcome, keyed: None }, pause)
    }

    /// Sends the operation once, with its idempotency key if it has one, and also returns how long to wait before the next attempt.
    pub(super) async fn attempt(&self, op: &Op, key: Option<Uuid>) -> (Try, Option<Duration>) {
        let request = request(op);
        let request = match key {
            Some(key) => request.with_key(key),
            None => request,
        };
        let sent_us = now_us();
        let answered = self.send(request).await;
        let ended_us = now_us();
        let outcome = outcome(&answered, |answer| response_to(op, answer));
        let answer = answered.ok();
        let replayed = answer.as_ref().is_some_and(|answer| answer.replayed);
        (Try { sent_us, ended_us, outcome, replayed }, answer.and_then(|answer| answer.retry_after))
    }

    /// Sends any request, with this session's token.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn send(&self, request: Request) -> Result<HttpResponse, RequestError> {
        let request = match &self.identity {
            Some(identity) => request.by(&identity.authorization),
            None => request,
        };
        self.gateway.send(request).await
    }

    /// Creates an event with these fields, as an admin; [`Op::CreateEvent`] makes them up.
    ///
    /// # Errors
    ///
    /// If it was not created.
    pub async fn create_event(&self, event: &NewEvent) -> Result<Uuid, CallError> {
        const WHAT: &str = "creating an event";
        let answer = expect_ok(WHAT, self.send(Request::post("/event/", event)).await)?;
        let unread =
            || CallError { what: WHAT, why: "its Location does not name an event".to_owned(), status: None };
        created(&answer).ok_or_else(unread)
    }
}

fn expect_ok(
    what: &'static str,
    answered: Result<HttpResponse, RequestError>,
) -> Result<HttpResponse, CallError> {
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
