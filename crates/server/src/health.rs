//! Health: what an orchestrator asks a process, and the command that asks it from inside an image without a shell.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use actix_web::{HttpResponse, web};
use booked_telemetry::Metrics;
use clap::Args;

use crate::Lifecycle;

const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// The process to ask.
#[derive(Args, Clone, Debug)]
pub struct HealthcheckArgs {
    /// Address of /readyz.
    #[arg(long, env = "ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: SocketAddr,
}

/// Asks a process on this machine whether it is ready.
///
/// # Errors
///
/// If it cannot be reached, or is not ready.
pub fn healthcheck(args: &HealthcheckArgs) -> anyhow::Result<()> {
    let mut address = args.admin_listen;
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    let mut stream = TcpStream::connect_timeout(&address, HEALTHCHECK_TIMEOUT)?;
    stream.set_read_timeout(Some(HEALTHCHECK_TIMEOUT))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "not ready: {status}");
    Ok(())
}

pub(crate) fn routes(lifecycle: Lifecycle, metrics: Metrics) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(web::Data::new(lifecycle))
            .app_data(web::Data::new(metrics))
            .route("/livez", web::get().to(HttpResponse::Ok))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(read_metrics));
    }
}

/// Ready: started and not about to end. It never falls because a shared dependency is down: otherwise all replicas
/// would leave at once.
async fn readyz(lifecycle: web::Data<Lifecycle>) -> HttpResponse {
    if lifecycle.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() }.finish()
}

async fn read_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.to_text())
}
