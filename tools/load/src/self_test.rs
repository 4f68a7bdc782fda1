//! How much load the load kit itself can drive: its clients against a server that does nothing.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, anyhow};
use booked_plots::figures::float;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, Timespec, clock_gettime};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Gateway, Timeouts},
    kit::measure,
    options::{AccountOptions, Arrival, Mix, Options, SaleOptions, ScenarioName},
    progress::OnProgress,
    report::Report,
    scenario::{Nothing, Setup},
};

/// The answer to a reservation of two seats.
const HELD: &[u8] = br#"{"ticket_ids":["019a0000-0000-8000-8000-000000000001","019a0000-0000-8000-8000-000000000002"],"expires_unix_time":1900000000}"#;

pub struct SelfTest {
    pub report: Report,
    /// Processor time of the clients for each call.
    pub cpu_us_a_call: f64,
    /// Processor time of the server for each call.
    pub server_cpu_us_a_call: f64,
}

/// Runs clients against a server that does nothing, on this machine.
///
/// # Errors
///
/// If no port or thread is available.
pub async fn self_test(
    arrival: Arrival,
    duration: Duration,
    on_progress: OnProgress,
    stop: &CancellationToken,
) -> anyhow::Result<SelfTest> {
    let server = Server::start()?;
    let options = options(format!("http://{}", server.address), arrival, duration);
    let gateway = Gateway::new(&options.url, options.timeouts)?;
    let setup = Setup::new(gateway, None, on_progress, None, options.accounts.clone());
    let cpu_before = cpu(ClockId::ProcessCPUTime);
    let mut report = measure(&options, &setup, Box::new(Nothing::new(&setup)), stop).await?;
    report.scenario = "self-test".to_owned();
    let cpu_of_both = cpu(ClockId::ProcessCPUTime).saturating_sub(cpu_before);
    let cpu_of_server = server.stop()?;
    let a_call = |cpu: Duration| cpu.as_secs_f64() * 1_000_000.0 / float(report.all.calls.max(1));
    Ok(SelfTest {
        cpu_us_a_call: a_call(cpu_of_both.saturating_sub(cpu_of_server)),
        server_cpu_us_a_call: a_call(cpu_of_server),
        report,
    })
}

fn options(url: String, arrival: Arrival, duration: Duration) -> Options {
    Options {
        url,
        scenario: ScenarioName::Checkout,
        arrival,
        duration,
        warm_up: Duration::ZERO,
        seed: 0,
        timeouts: Timeouts::default(),
        keys: false,
        admin: None,
        accounts: AccountOptions {
            count: 0,
            prefix: String::new(),
            password: String::new(),
            concurrency: 1,
            tokens: None,
        },
        sale: SaleOptions { seats: 1, count_max: 1, max_per_buyer: None, think: None, abandon_share: 0.0 },
        events: 0,
        wrong_password_share: 0.0,
        mix: Mix::default(),
        history: None,
        clean_up: false,
    }
}

/// Runs on a thread of its own, so that its processor time can be told from the clients'.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<anyhow::Result<Duration>>,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let listener = TcpListener::from_std(socket)?;
                tokio::select! {
                    accepted = accept(listener) => accepted,
                    _ = stopped => Ok(()),
                }
            })?;
            Ok(cpu(ClockId::ThreadCPUTime))
        };
        let thread = thread::Builder::new().name("nothing".to_owned()).spawn(serve)?;
        Ok(Self { address, stop, thread })
    }

    /// Returns how much processor time it used.
    fn stop(self) -> anyhow::Result<Duration> {
        // If it has failed already, that is reported below.
        let _ = self.stop.send(());
        self.thread.join().map_err(|_| anyhow!("the server panicked"))?.context("the server failed")
    }
}

async fn accept(listener: TcpListener) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        // It ends when its client closes it.
        tokio::spawn(async { connection.await.ok() });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // If a body were not read, the connection would be closed.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(Bytes::from_static(HELD))))
}

fn cpu(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    let (seconds, nanos) = (u64::try_from(tv_sec), u32::try_from(tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}
