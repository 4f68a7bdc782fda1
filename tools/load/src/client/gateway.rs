//! The gateway's address, and the connections that are open to it.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER},
};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, Failure};

const HTTP_PORT: u16 = 80;

/// A gateway, over plain HTTP/1.1. Clones share their connections. As many are open as calls are under way at a time:
/// whoever calls bounds that.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    url: String,
    /// Where connections come from, where that was chosen.
    from: Option<IpAddr>,
    addresses: Vec<SocketAddr>,
    host: HeaderValue,
    timeouts: Timeouts,
    /// The one that was used last is used next, so that the others may grow old.
    idle: Mutex<Vec<Connection>>,
}

/// How long a client waits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a new connection.
    pub connect: Duration,
    /// For an answer, from the start of the call to the last byte.
    pub response: Duration,
}

impl Default for Timeouts {
    /// Longer than the gateway's own time-outs, so that it is the one to say what became of a call.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), response: Duration::from_secs(30) }
    }
}

/// The URL leads to no gateway.
#[derive(Debug, thiserror::Error)]
pub enum BadUrl {
    /// It is not of the form that is spoken here.
    #[error("{0:?} is not like http://host:port")]
    Form(String),
    /// Its host has no address.
    #[error("{host} has no address: {cause}")]
    Host {
        /// As in the URL.
        host: String,
        /// Why not.
        cause: std::io::Error,
    },
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, and the query where there is one.
    pub path: Cow<'static, str>,
    /// The `Authorization` of who asks.
    pub authorization: Option<HeaderValue>,
    /// The body; empty where there is none.
    pub body: Bytes,
}

impl Request {
    /// `GET path`, by nobody in particular.
    pub fn get(path: impl Into<Cow<'static, str>>) -> Self {
        Self { method: Method::GET, path: path.into(), authorization: None, body: Bytes::new() }
    }

    /// `POST path` with a body of JSON, by nobody in particular.
    pub fn post(path: impl Into<Cow<'static, str>>, body: &impl serde::Serialize) -> Self {
        // The types of the contract always are JSON; an empty body is refused as such.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self { method: Method::POST, path: path.into(), authorization: None, body: body.into() }
    }

    /// The same, asked by the owner of a token.
    #[must_use]
    pub fn by(self, authorization: &HeaderValue) -> Self {
        Self { authorization: Some(authorization.clone()), ..self }
    }
}

/// What was answered, whatever its status.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The header `Location`.
    pub location: Option<HeaderValue>,
    /// The header `Retry-After`, where it tells seconds.
    pub retry_after: Option<Duration>,
    /// The whole body.
    pub body: Bytes,
}

/// A call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Nothing was sent: there was no connection.
    #[error("no connection: {0}")]
    NotSent(String),
    /// It was sent, perhaps in part, and the connection broke.
    #[error("connection lost: {0}")]
    Lost(String),
    /// It was sent, and the client gave up.
    #[error("no answer in time")]
    TimedOut,
}

impl Gateway {
    /// Looks up where the gateway is, once; blocks shortly where its host is a name.
    ///
    /// # Errors
    ///
    /// Where the URL is not like `http://host:port`, or the host has no address.
    pub fn new(url: &str, timeouts: Timeouts) -> Result<Self, BadUrl> {
        let form = || BadUrl::Form(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| form())?;
        let is_spoken = uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
        let authority =
            uri.authority().filter(|it| is_spoken && !it.as_str().contains('@')).ok_or_else(form)?;
        let host = authority.host().trim_matches(['[', ']']);
        let addresses: Vec<SocketAddr> = (host, authority.port_u16().unwrap_or(HTTP_PORT))
            .to_socket_addrs()
            .map_err(|cause| BadUrl::Host { host: host.to_owned(), cause })?
            .collect();
        Ok(Self(Arc::new(Inner {
            url: url.trim_end_matches('/').to_owned(),
            from: None,
            addresses,
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| form())?,
            timeouts,
            idle: Mutex::default(),
        })))
    }

    /// The same, reached from this address of this machine, over connections of its own.
    #[must_use]
    pub fn reached_from(&self, from: IpAddr) -> Self {
        self.apart(Some(from))
    }

    /// The same, over new connections, as for somebody who comes anew.
    #[must_use]
    pub fn over_new_connections(&self) -> Self {
        self.apart(self.0.from)
    }

    fn apart(&self, from: Option<IpAddr>) -> Self {
        let Inner { url, addresses, host, timeouts, .. } = &*self.0;
        Self(Arc::new(Inner {
            url: url.clone(),
            from,
            addresses: addresses.clone(),
            host: host.clone(),
            timeouts: *timeouts,
            idle: Mutex::default(),
        }))
    }

    /// Its URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Asks, and waits for the whole answer. What may have been sent is never sent again.
    ///
    /// # Errors
    ///
    /// Where there is no answer: no connection, a broken one, or no time left.
    pub async fn ask(&self, request: Request) -> Result<HttpResponse, RequestError> {
        let deadline = Instant::now() + self.0.timeouts.response;
        let mut request = self.0.message(request)?;
        loop {
            let (mut connection, is_new) = self.0.connection(deadline).await?;
            match timeout_at(deadline, connection.ask(request)).await {
                Err(_) => return Err(RequestError::TimedOut),
                Ok(Ok(response)) => {
                    self.0.keep(connection);
                    return Ok(answer(response));
                }
                Ok(Err(Failure::Lost(error))) => return Err(RequestError::Lost(error.to_string())),
                Ok(Err(Failure::NotSent(_))) if is_new => {
                    return Err(RequestError::NotSent("closed at once".to_owned()));
                }
                // An idle connection that was closed meanwhile; each such attempt uses one up.
                Ok(Err(Failure::NotSent(again))) => request = *again,
            }
        }
    }
}

impl Inner {
    fn message(&self, request: Request) -> Result<http::Request<Full<Bytes>>, RequestError> {
        let uri = Uri::try_from(request.path.as_ref()).map_err(|e| RequestError::NotSent(e.to_string()))?;
        let has_body = !request.body.is_empty();
        let mut message = http::Request::new(Full::new(request.body));
        *message.method_mut() = request.method;
        *message.uri_mut() = uri;
        let headers = message.headers_mut();
        headers.insert(HOST, self.host.clone());
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(authorization) = request.authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        Ok(message)
    }

    /// A connection that is ready, and whether it is a new one.
    async fn connection(&self, deadline: Instant) -> Result<(Connection, bool), RequestError> {
        while let Some(mut connection) = self.used_last() {
            if let Ok(true) = timeout_at(deadline, connection.is_ready()).await {
                return Ok((connection, false));
            }
        }
        let until = deadline.min(Instant::now() + self.timeouts.connect);
        let opened = timeout_at(until, Connection::open(self.from, &self.addresses)).await;
        let opened = opened.map_err(|_| RequestError::NotSent("not in time".to_owned()))?;
        opened.map(|connection| (connection, true)).map_err(|error| RequestError::NotSent(error.to_string()))
    }

    fn used_last(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let last = idle.pop()?;
        if last.is_old() {
            // So are all below it.
            idle.clear();
            return None;
        }
        Some(last)
    }

    fn keep(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn answer(response: Response<Bytes>) -> HttpResponse {
    let (mut head, body) = response.into_parts();
    let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    HttpResponse {
        status: head.status,
        location: head.headers.remove(LOCATION),
        retry_after: retry_after.map(Duration::from_secs),
        body,
    }
}
