//! Where clients connect: listening, connections and their timeouts, below anything that knows a route.

mod client_connections;
mod file_limit;
mod framing;
mod request_gate;
mod stream;
mod worker_connections;

use std::{convert::Infallible, io, net::SocketAddr, net::TcpListener, rc::Rc, sync::Arc, time::Duration};

use actix_http::{HttpService, KeepAlive, Request};
use actix_service::{ServiceFactoryExt as _, fn_service};
use actix_web::{dev::Server, rt::net::TcpStream};
use booked_server::config::HttpSettings;

pub(crate) use self::{
    client_connections::ClientConnections, framing::BodyLength, request_gate::ActiveRequest,
};
use self::{
    request_gate::RequestGate,
    stream::{ClientStream, Timeouts},
    worker_connections::WorkerConnections,
};
use crate::{
    config::ClientSettings,
    pipeline::{Pipeline, admit_expected, answer},
};

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 2_048;
/// How long a connection that is closed with unread bytes is still read, so that the client sees its response and not a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Listens and serves, with one pipeline for each worker. Returns the address that it is bound to.
///
/// actix' own timers are not used: the one for a head covers only the first head of a connection, and a single byte stops the
/// one for an idle connection.
pub(crate) fn serve(
    http: &HttpSettings,
    settings: &ClientSettings,
    clients: Arc<ClientConnections>,
    pipeline: impl Fn() -> Pipeline + Clone + Send + 'static,
) -> io::Result<(Vec<SocketAddr>, Server)> {
    let listener = TcpListener::bind(http.listen)?;
    rustix::net::listen(&listener, BACKLOG)?;
    let addresses = vec![listener.local_addr()?];
    let timeouts = Timeouts::new(settings);
    let connections_max = clients.max_per_worker(http.workers);
    let server = Server::build()
        .workers(http.workers)
        .max_concurrent_connections(connections_max)
        .shutdown_timeout(http.drain_timeout.as_secs().max(1))
        .disable_signals();
    let shutdown = server.graceful_shutdown_signal();
    let server = server.listen("gateway", listener, move || {
        let pipeline = Rc::new(pipeline());
        let evicting = Arc::clone(&clients);
        let worker = Rc::new(WorkerConnections::new(connections_max, move || evicting.count_eviction()));
        let (shutdown, clients, expecting) = (shutdown.clone(), Arc::clone(&clients), Rc::clone(&pipeline));
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|stream: &ClientStream, data| {
                data.insert::<Rc<RequestGate>>(stream.gate());
            })
            .expect(fn_service(move |request| admit_expected(Rc::clone(&expecting), request)))
            .h1(fn_service(move |request: Request| {
                let answered = answer(Rc::clone(&pipeline), request);
                // On the heap, so that an idle connection does not keep the memory.
                Box::pin(async move { Ok::<_, Infallible>(answered.await) })
            }));
        fn_service(move |stream: TcpStream| {
            let (clients, worker) = (Arc::clone(&clients), Rc::clone(&worker));
            async move {
                let peer = stream.peer_addr()?;
                let permit = clients.acquire(peer.ip())?;
                Ok((ClientStream::new(stream, permit, worker, timeouts)?, Some(peer)))
            }
        })
        .and_then(http)
    })?;
    Ok((addresses, server.run()))
}
