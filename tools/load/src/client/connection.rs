//! One connection to the gateway, by hyper. It is driven by the task that waits for an answer on it and has none of its
//! own, so that a call costs no switch of tasks.

use std::{
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{Connection as Driver, SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::Instant,
};

/// Well below the 75 seconds after which the gateway closes a connection without requests.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// A connection, in use or idle. It is closed if it is dropped while in use: what still arrives on it would be taken
/// for the answer to another request.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver<TokioIo<TcpStream>, Full<Bytes>>,
    has_ended: bool,
    used_last: Instant,
}

/// Why a request has no answer.
pub(super) enum Failure {
    /// The connection was closed before any of it was written. The request is returned.
    NotSent(Box<Request<Full<Bytes>>>),
    /// It was written at least in part.
    Lost(hyper::Error),
}

impl Connection {
    /// `from`: an address of this machine, if it matters which.
    pub(super) async fn open(from: Option<IpAddr>, addresses: &[SocketAddr]) -> io::Result<Self> {
        let stream = match (from, addresses) {
            (Some(from), [to, ..]) => connect_from(from, *to).await?,
            _ => TcpStream::connect(addresses).await?,
        };
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        Ok(Self { sender, driver, has_ended: false, used_last: Instant::now() })
    }

    /// Whether it was idle for so long that it must not be used again.
    pub(super) fn is_old(&self) -> bool {
        self.used_last.elapsed() > IDLE_MAX
    }

    /// Whether it can take a request; false if it was closed.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Self { sender, driver, has_ended, .. } = self;
        !*has_ended && drive(driver, has_ended, sender.ready()).await.is_ok()
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
        let Self { sender, driver, has_ended, used_last } = self;
        let sent = sender.try_send_request(request);
        let answer =
            drive(driver, has_ended, sent).await.map_err(|mut error| match error.take_message() {
                // hyper returns the request if it has not begun to write it.
                Some(request) => Failure::NotSent(Box::new(request)),
                None => Failure::Lost(error.into_error()),
            })?;
        let (head, body): (_, Incoming) = answer.into_parts();
        let body = drive(driver, has_ended, body.collect()).await.map_err(Failure::Lost)?;
        *used_last = Instant::now();
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// A connection from this address of this machine.
///
/// # Errors
///
/// If the address does not belong to this machine, or nothing listens at `to`.
pub async fn connect_from(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// Drives the connection until the work on it is done.
async fn drive<T>(
    driver: &mut Driver<TokioIo<TcpStream>, Full<Bytes>>,
    has_ended: &mut bool,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if !*has_ended {
            // The work learns what went wrong.
            *has_ended = Pin::new(&mut *driver).poll(context).is_ready();
        }
        match work.as_mut().poll(context) {
            Poll::Pending if *has_ended => {
                // Whatever was received was handed over before the end, so the work sees it or fails.
                work.as_mut().poll(context)
            }
            other => other,
        }
    })
    .await
}
