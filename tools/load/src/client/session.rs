//! A client that is logged in, and its calls.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_checker::history::{Call, Op, Outcome, Response, Try};
use booked_client::{CreatedEvent, FromAnswer, RawAnswer, Request, authorization, operations};
use booked_contract::{event::NewEvent, user::Token};
use http::HeaderValue;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    clock::now_us,
    gateway::{Gateway, RequestError},
    op::{Exchange, outcome},
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
        let answered = self.send(operations::register_user(name, email, password).into_request()).await;
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
    pub async fn send_log_in(&self, email: &str, password: &str) -> Result<RawAnswer, RequestError> {
        self.send(operations::log_in(email, password).into_request()).await
    }

    /// An anonymous client, which may read what is public.
    #[must_use]
    pub fn anonymous(&self) -> Session {
        Session { gateway: self.clone(), identity: None }
    }

    /// The session from an answer to a log-in; none if it has no token that can be read.
    #[must_use]
    pub fn session_of(&self, answer: &RawAnswer) -> Option<Session> {
        let Token { token } = Token::from_answer(answer).ok()?;
        self.resume(&token)
    }

    /// The session of a stored token; none if it cannot be read. Whether the token is still valid shows when it is
    /// used.
    #[must_use]
    pub fn resume(&self, token: &str) -> Option<Session> {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        let user = (claims.role != "admin").then_some(claims.sub);
        let authorization = authorization(token).ok()?;
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
        let Exchange { mut request, read } = Exchange::of(op);
        // Digits and hyphens are always a header's value.
        request.key = key.and_then(|key| {
            HeaderValue::from_str(key.hyphenated().encode_lower(&mut Uuid::encode_buffer())).ok()
        });
        let sent_us = now_us();
        let answered = self.send(request).await;
        let ended_us = now_us();
        let outcome = outcome(&answered, read);
        let answer = answered.ok();
        let replayed = answer.as_ref().is_some_and(|answer| answer.replayed());
        (Try { sent_us, ended_us, outcome, replayed }, answer.and_then(|answer| answer.retry_after()))
    }

    /// Sends any request, with this session's token.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn send(&self, request: Request) -> Result<RawAnswer, RequestError> {
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
        let answer = expect_ok(WHAT, self.send(operations::create_event(event).into_request()).await)?;
        let created = CreatedEvent::from_answer(&answer);
        created.map(|created| created.event_id).map_err(|why| CallError { what: WHAT, why, status: None })
    }
}

fn expect_ok(what: &'static str, answered: Result<RawAnswer, RequestError>) -> Result<RawAnswer, CallError> {
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
