//! HAProxy, which verifies tokens as its documentation shows (`http_auth_bearer`, `jwt_verify`), and forwards.

use std::path::Path;

use anyhow::Result;

use crate::{
    issuer::Issuer,
    reference::{Place, Reference},
    tools::{Tool, Tools},
};

/// Starts HAProxy with one thread, in front of this port.
pub(super) async fn start(tools: &Tools, folder: &Path, issuer: &Issuer, upstream: u16) -> Result<Reference> {
    let configuration = |place: &Place| configuration_of(place.port, issuer, upstream);
    let arguments = |_: &Place, file: &Path| vec!["-db".into(), "-f".into(), file.into()];
    Reference::start((tools, Tool::Haproxy), folder, configuration, arguments).await
}

fn configuration_of(port: u16, issuer: &Issuer, upstream: u16) -> String {
    let key = issuer.public_key().display().to_string();
    format!(
        "global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,\"{key}\") 1 }}
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  default_backend service
backend service
  server one 127.0.0.1:{upstream} pool-max-conn 256
"
    )
}
