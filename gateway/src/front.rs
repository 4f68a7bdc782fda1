//! Where clients connect: listening, connections and their time limits, below anything that knows a route.

mod clients;
mod crowd;
mod files;
mod framing;
mod stream;
mod turns;

use std::{convert::Infallible, io, net::SocketAddr, net::TcpListener, rc::Rc, sync::Arc, time::Duration};

use actix_http::{HttpService, KeepAlive, Request};
use actix_service::{ServiceFactoryExt as _, fn_service};
use actix_web::{dev::Server, rt::net::TcpStream};
use booked_server::config::HttpSettings;

pub(crate) use self::{clients::Clients, framing::BodyLength, turns::Serving};
use self::{
    crowd::Crowd,
    stream::{ClientStream, Limits},
    turns::Turns,
};
use crate::{
    config::ClientSettings,
    pipeline::{Pipeline, admit_expected, answer},
};

/// Connections that the kernel keeps until they are taken.
const BACKLOG: i32 = 2_048;
/// How long a connection that ends with unread bytes is read on, so that the client sees its answer and not the break.
const LINGER: Duration = Duration::from_secs(1);

/// Listens and serves, with one pipeline for each worker. Answers with the address that it is bound to.
///
/// actix' own timers are not used: that for a head holds for the first of a connection only, and a single byte ends that
/// for an idle connection.
pub(crate) fn serve(
    http: &HttpSettings,
    settings: &ClientSettings,
    clients: Arc<Clients>,
    pipeline: impl Fn() -> Pipeline + Clone + Send + 'static,
) -> io::Result<(Vec<SocketAddr>, Server)> {
    let listener = TcpListener::bind(http.listen)?;
    rustix::net::listen(&listener, BACKLOG)?;
    let addresses = vec![listener.local_addr()?];
    let limits = Limits::of(settings);
    let connections_max = clients.connections_max(http.workers);
    let server = Server::build()
        .workers(http.workers)
        .max_concurrent_connections(connections_max)
        .shutdown_timeout(http.drain_timeout.as_secs().max(1))
        .disable_signals();
    let ends = server.graceful_shutdown_signal();
    let server = server.listen("gateway", listener, move || {
        let pipeline = Rc::new(pipeline());
        let for_crowd = Arc::clone(&clients);
        let crowd = Rc::new(Crowd::new(connections_max, move || for_crowd.note_idle_closed()));
        let (ends, clients, for_expected) = (ends.clone(), Arc::clone(&clients), Rc::clone(&pipeline));
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ends = ends.clone();
                async move { ends.notified().await }
            })
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|stream: &ClientStream, data| {
                data.insert::<Rc<Turns>>(stream.turns());
            })
            .expect(fn_service(move |request| admit_expected(Rc::clone(&for_expected), request)))
            .h1(fn_service(move |request: Request| {
                let answered = answer(Rc::clone(&pipeline), request);
                // On the heap, where it is gone when the connection is idle.
                Box::pin(async move { Ok::<_, Infallible>(answered.await) })
            }));
        fn_service(move |stream: TcpStream| {
            let (clients, crowd) = (Arc::clone(&clients), Rc::clone(&crowd));
            async move {
                let peer = stream.peer_addr()?;
                Ok((ClientStream::new(stream, clients.take(peer.ip())?, crowd, limits)?, Some(peer)))
            }
        })
        .and_then(http)
    })?;
    Ok((addresses, server.run()))
}

/// That a request is served on its connection, as long as this lives.
pub(crate) fn begin(request: &Request) -> Serving {
    Serving::begin(request.conn_data::<Rc<Turns>>(), request)
}
