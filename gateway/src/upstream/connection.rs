//! One connection to a replica, by hyper; and what became of a request that it was given.

use std::{rc::Rc, sync::Arc};

use booked_server::Endpoint;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Instant};

use super::{
    connections::{Counted, ToReplica},
    pool::Pool,
    turns::Turn,
};

/// A connection; in use or idle.
pub(super) struct Link {
    sender: SendRequest<Full<Bytes>>,
    pub(super) opened: Instant,
    /// None before its first request is answered.
    pub(super) used_last: Option<Instant>,
    _open: Counted,
}

/// What became of a request.
pub(super) enum Outcome {
    /// The head of the answer is there.
    Answered(Response<Incoming>),
    /// The connection was closed before anything of it was written.
    NotSent(String),
    /// It was written, at least in part.
    Lost(String),
}

impl Link {
    /// Connects; a name is looked up each time.
    pub(super) async fn open(endpoint: &Endpoint, connections: &Arc<ToReplica>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends by itself when its sender is dropped or the service closes it, and errors reach the sender.
        actix_web::rt::spawn(async { connection.await.ok() });
        Ok(Self { sender, opened: Instant::now(), used_last: None, _open: connections.open() })
    }

    /// Whether it can take a request; no where it was closed.
    pub(super) async fn is_ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }
}

/// A connection in use. Dropped without [`Self::give_back`], it is closed: what is still to come on it would be taken
/// for the answer to another request.
pub(super) struct Connection {
    link: Link,
    pool: Rc<Pool>,
    _in_use: (Turn, Counted),
}

impl Connection {
    pub(super) fn new(link: Link, pool: Rc<Pool>, in_use: (Turn, Counted)) -> Self {
        Self { link, pool, _in_use: in_use }
    }

    /// Whether it has answered a request before.
    pub(super) fn is_used(&self) -> bool {
        self.link.used_last.is_some()
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Outcome {
        match self.link.sender.try_send_request(request).await {
            Ok(response) => Outcome::Answered(response),
            // hyper hands the request back where it has not begun to write it.
            Err(mut error) => match error.take_message() {
                Some(_) => Outcome::NotSent(error.into_error().to_string()),
                None => Outcome::Lost(error.into_error().to_string()),
            },
        }
    }

    /// To be called when the answer was read to its end.
    pub(super) fn give_back(self) {
        if !self.link.sender.is_closed() {
            self.pool.keep(self.link);
        }
    }
}
