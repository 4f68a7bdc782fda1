//! The gateway's address, and the connections that are open to it.

use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use booked_client::{RawAnswer, Request};
use bytes::Bytes;
use http::{HeaderValue, Response, Uri, header::HOST};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, Failure};

const HTTP_PORT: u16 = 80;

/// A gateway, over plain HTTP/1.1. Clones share their connections. There are as many as there are concurrent calls, so
/// the caller must bound these.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    url: String,
    /// The local address, if one was chosen.
    from: Option<IpAddr>,
    addresses: Vec<SocketAddr>,
    host: HeaderValue,
    timeouts: Timeouts,
    /// The one that was used last is used next, so that the others can become idle and old.
    idle: Mutex<Vec<Connection>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a new connection.
    pub connect: Duration,
    /// From the start of the call until the last byte of the answer.
    pub response: Duration,
}

impl Default for Timeouts {
    /// Longer than the gateway's own timeouts, so that the gateway decides what came of a call.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), response: Duration::from_secs(30) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BadUrl {
    #[error("{0:?} is not like http://host:port")]
    Form(String),
    #[error("{host} has no address: {cause}")]
    Host { host: String, cause: std::io::Error },
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Nothing was sent because there was no connection.
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
    /// Resolves the host, once; blocks briefly if it is a name.
    ///
    /// # Errors
    ///
    /// If the URL is not like `http://host:port`, or the host has no address.
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

    /// The same gateway from this local address, with connections of its own.
    #[must_use]
    pub fn from_address(&self, from: IpAddr) -> Self {
        self.apart(Some(from))
    }

    /// The same gateway with new connections, as for a client that comes back later.
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

    /// Without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Sends a request and waits for the whole answer. A request that may have been sent is never sent again.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn send(&self, request: Request) -> Result<RawAnswer, RequestError> {
        let deadline = Instant::now() + self.0.timeouts.response;
        let mut request = self.0.message(request)?;
        loop {
            let (mut connection, is_new) = self.0.connection(deadline).await?;
            match timeout_at(deadline, connection.send(request)).await {
                Err(_) => return Err(RequestError::TimedOut),
                Ok(Ok(response)) => {
                    self.0.keep(connection);
                    return Ok(answer(response));
                }
                Ok(Err(Failure::Lost(error))) => return Err(RequestError::Lost(error.to_string())),
                Ok(Err(Failure::NotSent(_))) if is_new => {
                    return Err(RequestError::NotSent("closed at once".to_owned()));
                }
                // An idle connection was closed meanwhile. Each such attempt uses one up.
                Ok(Err(Failure::NotSent(again))) => request = *again,
            }
        }
    }
}

impl Inner {
    fn message(&self, request: Request) -> Result<http::Request<Full<Bytes>>, RequestError> {
        let uri = Uri::try_from(request.path.as_ref()).map_err(|e| RequestError::NotSent(e.to_string()))?;
        let mut message = request.into_message(uri).map(Full::new);
        message.headers_mut().insert(HOST, self.host.clone());
        Ok(message)
    }

    /// A connection that is ready, and whether it is new.
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
            // All below it are old too.
            idle.clear();
            return None;
        }
        Some(last)
    }

    fn keep(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn answer(response: Response<Bytes>) -> RawAnswer {
    let (http::response::Parts { status, headers, .. }, body) = response.into_parts();
    RawAnswer { status, headers, body }
}
