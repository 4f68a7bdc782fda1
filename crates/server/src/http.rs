//! A service over HTTP: bound, then served until the process is asked to end, then drained.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use actix_web::{
    App, Error, HttpServer,
    body::{BoxBody, MessageBody},
    dev::{Server, ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::{Next, from_fn},
    web::{self, PayloadConfig},
};
use booked_contract::Code;
use booked_identity::internal::{CREDENTIAL_HEADER, Credential, DEADLINE_HEADER};
use booked_telemetry::{Metrics, ServedRequest};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use crate::{
    ApiError, Deadline, Lifecycle, body::MAX_BODY_BYTES, config::HttpSettings, health, metrics::Served,
    request_id,
};

/// Longer than any client within the system keeps a connection idle, so that none is closed just as a request is sent
/// on it.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
const ADMIN_WORKERS: usize = 1;
/// With less time left, no answer would reach the caller before it stops waiting.
const LEAST_TIME: Duration = Duration::from_millis(5);

/// A service that is bound to its addresses but does not serve yet.
pub struct Application {
    traffic: Server,
    admin: Server,
    bound: Bound,
    lifecycle: Lifecycle,
    settings: HttpSettings,
    started: Started,
}

/// What must succeed before the process counts as started.
type Started = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// The addresses that a service is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Where it serves traffic.
    pub traffic: SocketAddr,
    /// Where it serves health and metrics.
    pub admin: SocketAddr,
}

impl Application {
    /// Binds a service behind the gateway: its routes answer only calls that carry the internal credential.
    ///
    /// # Errors
    ///
    /// If an address cannot be bound.
    pub fn bind(
        settings: HttpSettings,
        credential: Credential,
        lifecycle: Lifecycle,
        metrics: Metrics,
        routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let credential = web::Data::new(credential);
        let served = web::Data::new(Served::new());
        let life = web::Data::new(lifecycle.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(credential.clone())
                .app_data(served.clone())
                .app_data(life.clone())
                .app_data(PayloadConfig::new(MAX_BODY_BYTES))
                .wrap(from_fn(require_credential))
                .wrap(from_fn(trace))
                .wrap(from_fn(close_when_draining))
                .configure(routes.clone())
                .default_service(web::to(|| async { Err::<&str, _>(ApiError::new(Code::NoSuchRoute)) }))
        })
        .keep_alive(KEEP_ALIVE)
        .tcp_nodelay(true);
        Self::bind_server(settings, lifecycle, metrics, |settings| {
            let server = server
                .workers(settings.workers)
                .shutdown_timeout(settings.drain_timeout.as_secs().max(1))
                .disable_signals()
                .bind(settings.listen)?;
            Ok((server.addrs(), server.run()))
        })
    }

    /// Binds a server that the caller builds (the gateway's), with health and metrics next to it. `bind` returns the
    /// bound addresses.
    ///
    /// # Errors
    ///
    /// If an address cannot be bound.
    pub fn bind_server(
        settings: HttpSettings,
        lifecycle: Lifecycle,
        metrics: Metrics,
        bind: impl FnOnce(&HttpSettings) -> std::io::Result<(Vec<SocketAddr>, Server)>,
    ) -> std::io::Result<Self> {
        let (addresses, traffic) = bind(&settings)?;
        let admin = {
            let lifecycle = lifecycle.clone();
            HttpServer::new(move || App::new().configure(health::routes(lifecycle.clone(), metrics.clone())))
                .workers(ADMIN_WORKERS)
                .disable_signals()
                .bind(settings.admin_listen)?
        };
        let bound = Bound {
            traffic: addresses.first().copied().unwrap_or(settings.listen),
            admin: admin.addrs().first().copied().unwrap_or(settings.admin_listen),
        };
        let started = Box::pin(async { Ok(()) });
        Ok(Self { traffic, admin: admin.run(), bound, lifecycle, settings, started })
    }

    /// Makes readiness wait for this, and ends the process if it fails: the place to check the schema. Health is
    /// served meanwhile, so that a process that waits for its database is not taken for a dead one.
    #[must_use]
    pub fn ready_after(self, started: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> Self {
        Self { started: Box::pin(started), ..self }
    }

    /// The addresses that it is bound to.
    #[must_use]
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// Serves until SIGTERM, SIGINT or [`Lifecycle::end`]; then readiness falls, requests in progress finish, the
    /// jobs stop and detached work ends.
    ///
    /// # Errors
    ///
    /// If a listener fails, if what readiness waits for fails, or with the reason given to [`Lifecycle::fail`].
    pub async fn serve(self) -> anyhow::Result<()> {
        let Self { traffic, admin, bound, lifecycle, settings, started } = self;
        let (traffic_handle, admin_handle) = (traffic.handle(), admin.handle());
        let mut traffic = tokio::spawn(traffic);
        let admin = tokio::spawn(admin);
        let ready = async {
            started.await?;
            lifecycle.set_ready();
            tracing::info!(traffic = %bound.traffic, admin = %bound.admin, "ready");
            std::future::pending::<anyhow::Result<()>>().await
        };
        tokio::select! {
            result = &mut traffic => { result??; anyhow::bail!("the listener ended by itself"); }
            result = ready => result?,
            result = asked_to_end(&lifecycle) => result?,
        }
        lifecycle.end();
        tracing::info!("draining");
        tokio::time::sleep(settings.drain_delay).await;
        traffic_handle.stop(true).await;
        lifecycle.stop(settings.drain_timeout).await;
        admin_handle.stop(false).await;
        traffic.await??;
        admin.await??;
        tracing::info!("ended");
        lifecycle.failure().map_or(Ok(()), |why| Err(anyhow::Error::msg(why.to_owned())))
    }
}

async fn asked_to_end(lifecycle: &Lifecycle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = lifecycle.ended() => {}
    }
    Ok(())
}

/// Every service answers only other parts of the system, and does nothing for a caller that no longer waits.
async fn require_credential(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let presented =
        request.headers().get(CREDENTIAL_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    let accepted = request
        .app_data::<web::Data<Credential>>()
        .is_some_and(|credential| Arc::clone(credential).accepts(presented));
    if !accepted {
        return Ok(request.error_response(ApiError::new(Code::TokenInvalid)));
    }
    let told = request.headers().get(DEADLINE_HEADER).and_then(|value| value.to_str().ok());
    let response = match told.and_then(Deadline::told_by) {
        None => next.call(request).await?,
        Some(deadline) if deadline.left() < LEAST_TIME => {
            let over = ApiError::because(Code::Unavailable, &"nobody waits for the answer any more");
            return Ok(request.error_response(over));
        }
        Some(deadline) => deadline.scope(next.call(request)).await?,
    };
    Ok(response.map_into_boxed_body())
}

/// While the process drains, each response says that its connection ends. Callers keep connections, and a request
/// that they had just sent on one that is then closed permanently would be lost.
async fn close_when_draining(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    if response.request().app_data::<web::Data<Lifecycle>>().is_some_and(|life| life.is_ending()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// Joins the caller's trace, adds the request's id to its log lines, and measures the request.
async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let method = request.method().clone();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let served = ServedRequest::begin(method.as_str(), request.path(), request_id::of(&request), header);
    let began = Instant::now();
    let response = served.scope(next.call(request)).await?;
    let route = response.request().match_pattern();
    served.end(method.as_str(), route.as_deref(), response.status().as_u16());
    if let Some(served) = response.request().app_data::<web::Data<Served>>() {
        served.record(&response, began.elapsed());
    }
    Ok(response.map_into_boxed_body())
}
