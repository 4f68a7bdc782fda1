//! The client on connections of its own.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use booked_contract::{event::Event, ticket::OwnTicket, user::Token};
use futures_util::{Stream, TryStreamExt, stream};
use http::{
    HeaderValue, Uri,
    header::{ACCEPT, USER_AGENT},
};
use reqwest::redirect::Policy;
use tokio::time::sleep;
use url::Url;

use crate::{
    Answer, Call, Error, EventQuery, Failure, FromAnswer, Limits, RawAnswer, TicketQuery, Tries, Unsendable,
    authorization, operations,
};

const AGENT: &str = concat!("booked-client/", env!("CARGO_PKG_VERSION"), " (Rust)");
/// Where `cargo up` has its gateway.
pub const DEFAULT_URL: &str = "http://localhost:8080";

/// Somebody who calls booked: anonymous, or with a token. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Without a slash at its end.
    base_url: Arc<str>,
    limits: Limits,
    /// Kept nowhere but here.
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Somebody anonymous.
    ///
    /// # Errors
    ///
    /// If the URL is not `http://` or `https://` with a host. The error does not show it, since it may hold a password.
    pub fn new(base_url: &str) -> Result<Self, Unsendable> {
        // What is not of the API is an error, and a redirected token could go anywhere.
        let http = reqwest::Client::builder().redirect(Policy::none()).build();
        Ok(Self {
            http: http.map_err(|_| Unsendable("the machine has no random numbers or no certificates"))?,
            base_url: checked(base_url)?.into(),
            limits: Limits::default(),
            authorization: None,
        })
    }

    /// The same with these limits.
    ///
    /// # Errors
    ///
    /// If one of them is 0.
    pub fn with_limits(self, limits: Limits) -> Result<Self, Unsendable> {
        if limits.timeout.is_zero() || limits.total_timeout.is_zero() || limits.tries == 0 {
            return Err(Unsendable("timeouts and the number of tries must be above 0"));
        }
        Ok(Self { limits, ..self })
    }

    /// The same on these connections, for proxies, certificates or headers of one's own.
    #[must_use]
    pub fn over(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// Whose token it is, on the same connections.
    ///
    /// # Errors
    ///
    /// If it is not a token. The error does not show it.
    pub fn with_token(&self, token: &str) -> Result<Self, Unsendable> {
        Ok(Self { authorization: Some(authorization(token)?), ..self.clone() })
    }

    /// Who has this account, on the same connections.
    ///
    /// # Errors
    ///
    /// If they cannot log in.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Self, Error> {
        let answer = self.answer(operations::log_in(email, password)).await?;
        let Token { token } = answer.value;
        self.with_token(&token).map_err(|error| Error {
            failure: Failure::Unreadable(error.to_string()),
            outcome_unknown: false,
            idempotency_key: None,
        })
    }

    /// Makes a call, and gives the value of its answer.
    ///
    /// # Errors
    ///
    /// If there is no such value.
    pub async fn call<T: FromAnswer>(&self, call: Call<T>) -> Result<T, Error> {
        self.answer(call).await.map(|answer| answer.value)
    }

    /// Makes a call, and also gives what the headers of its answer say.
    ///
    /// # Errors
    ///
    /// If there is no such answer.
    pub async fn answer<T: FromAnswer>(&self, call: Call<T>) -> Result<Answer<T>, Error> {
        let call = call.keyed();
        let (mut tries, begun) = (Tries::of(&call, self.limits), Instant::now());
        loop {
            let failure = match self.exchange(&call, tries.begin(begun.elapsed())).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            sleep(tries.wait_after(failure, begun.elapsed(), rand::random())?).await;
        }
    }

    /// Sends a call once, and exactly as it is: without a key, unless it has one. For those who decide themselves what
    /// to repeat.
    ///
    /// # Errors
    ///
    /// If there is no such answer.
    pub async fn send_once<T: FromAnswer>(&self, call: &Call<T>) -> Result<Answer<T>, Failure> {
        self.exchange(call, self.limits.timeout).await
    }

    /// All these events, one after the other. A page is asked for when it is come to.
    pub fn events(&self, query: EventQuery) -> impl Stream<Item = Result<Event, Error>> + Send + use<> {
        self.pages(query, operations::list_events, EventQuery::turn)
    }

    /// All these tickets of the caller, one after the other. A page is asked for when it is come to.
    pub fn tickets(&self, query: TicketQuery) -> impl Stream<Item = Result<OwnTicket, Error>> + Send + use<> {
        self.pages(query, operations::list_tickets, TicketQuery::turn)
    }

    fn pages<Query: Send, Page: FromAnswer + Send, Item: Send>(
        &self,
        first: Query,
        list: fn(&Query) -> Call<Page>,
        turn: fn(Query, Page) -> (Vec<Item>, Option<Query>),
    ) -> impl Stream<Item = Result<Item, Error>> + Send + use<Query, Page, Item> {
        let client = self.clone();
        let pages = stream::try_unfold(Some(first), move |query| {
            let client = client.clone();
            async move {
                let Some(query) = query else { return Ok(None) };
                let page = client.call(list(&query)).await?;
                let (items, next) = turn(query, page);
                Ok(Some((stream::iter(items.into_iter().map(Ok)), next)))
            }
        });
        pages.try_flatten()
    }

    async fn exchange<T: FromAnswer>(&self, call: &Call<T>, timeout: Duration) -> Result<Answer<T>, Failure> {
        let request = match &self.authorization {
            Some(authorization) if call.needs_token() => call.request().clone().by(authorization),
            _ => call.request().clone(),
        };
        let failed = |error: reqwest::Error| match error.is_connect() {
            true => not_sent(call, &cause(&error)),
            false => Failure::Lost(format!("{call:?}: {}", cause(&error))),
        };
        let uri: Result<Uri, _> = format!("{}{}", self.base_url, request.path).parse();
        let uri = uri.map_err(|error| not_sent(call, &error))?;
        let message = reqwest::Request::try_from(request.into_message(uri));
        let mut message = message.map_err(|error| not_sent(call, &cause(&error)))?;
        let headers = message.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        *message.timeout_mut() = Some(timeout);
        let mut response = self.http.execute(message).await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(failed)?;
        call.read(&RawAnswer { status, headers, body })
    }
}

fn not_sent<T>(call: &Call<T>, cause: &dyn fmt::Display) -> Failure {
    Failure::NotSent(format!("{call:?}: {cause}"))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The innermost cause, which names neither the address nor what was sent.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The URL without a slash at its end.
fn checked(url: &str) -> Result<String, Unsendable> {
    const FORM: Unsendable = Unsendable(
        "the base URL must be http:// or https:// with a host, without a query, a user or a password",
    );
    let parsed = Url::parse(url).map_err(|_| FORM)?;
    let is_plain = parsed.query().is_none() && parsed.fragment().is_none();
    let is_anonymous = parsed.username().is_empty() && parsed.password().is_none();
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() || !is_plain || !is_anonymous {
        return Err(FORM);
    }
    Ok(url.trim_end_matches('/').to_owned())
}
