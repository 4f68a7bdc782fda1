//! What clients may do: how much, how many, how slow, and from which web pages.

use std::time::Duration;

use booked_server::config::Mistakes;
use clap::Args;

use super::limits::{LimitArgs, LimitSettings};

/// What clients may do.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    #[command(flatten)]
    limits: LimitArgs,
    /// Proxies of our own in front of the gateway, each of which appends to X-Forwarded-For the address that it saw.
    /// With 0 that header is not believed.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "0", value_name = "COUNT")]
    trusted_proxies: String,
    /// Web origins whose pages may read answers (CORS), by comma, or `*` for all; none where it is empty.
    #[arg(long, env = "CORS_ORIGINS", default_value = "", value_name = "ORIGIN,…")]
    cors_origins: String,
    /// Longest time that a client takes for a request's head, in milliseconds.
    #[arg(long, env = "HEAD_TIMEOUT_MS", default_value = "5000", value_name = "MS")]
    head_timeout_ms: String,
    /// Longest time that a client takes for a request's body, in milliseconds.
    #[arg(long, env = "BODY_TIMEOUT_MS", default_value = "10000", value_name = "MS")]
    body_timeout_ms: String,
    /// Longest time that a client keeps a connection without a request, in milliseconds.
    #[arg(long, env = "CLIENT_IDLE_TIMEOUT_MS", default_value = "75000", value_name = "MS")]
    client_idle_timeout_ms: String,
    /// Longest time that a client does not take what is sent to it, in milliseconds; then its connection is closed.
    #[arg(long, env = "CLIENT_WRITE_TIMEOUT_MS", default_value = "20000", value_name = "MS")]
    client_write_timeout_ms: String,
    /// Most connections of clients at a time, for each HTTP worker; further ones wait until one is closed. The limit of open
    /// files is raised as far as it goes, and this lowered to what then fits.
    #[arg(long, env = "CLIENT_CONNECTIONS_MAX", default_value = "25000", value_name = "COUNT")]
    client_connections_max: String,
    /// Whether /docs/ shows the OpenAPI document as a page: on or off.
    #[arg(long, env = "DOCS", default_value = "on", value_name = "on|off")]
    docs: String,
}

/// What [`ClientArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// How much they may ask for.
    pub limits: LimitSettings,
    /// How many entries of `X-Forwarded-For`, from its end, our own proxies wrote.
    pub trusted_proxies: usize,
    /// Whose pages may read answers.
    pub cors_origins: Origins,
    /// Longest time for a head.
    pub head_timeout: Duration,
    /// Longest time for a body.
    pub body_timeout: Duration,
    /// Longest time that a connection is kept without a request.
    pub idle: Duration,
    /// Longest time that a client does not take what is sent to it.
    pub stall: Duration,
    /// Most connections at a time, for each worker.
    pub connections_max: usize,
    /// Whether the OpenAPI document is shown as a page.
    pub docs: bool,
}

/// Web origins, as browsers send them in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every origin.
    All,
    /// These; none at all where it is empty.
    Listed(Vec<String>),
}

impl ClientArgs {
    pub(super) fn check(&self, mistakes: &mut Mistakes) -> Option<ClientSettings> {
        let limits = self.limits.check(mistakes);
        let trusted_proxies = mistakes.number("TRUSTED_PROXIES", &self.trusted_proxies, 0..=16);
        let cors_origins = origins(mistakes, &self.cors_origins);
        let head_timeout = mistakes.millis("HEAD_TIMEOUT_MS", &self.head_timeout_ms, 1..=300_000);
        let body_timeout = mistakes.millis("BODY_TIMEOUT_MS", &self.body_timeout_ms, 1..=300_000);
        let idle = mistakes.millis("CLIENT_IDLE_TIMEOUT_MS", &self.client_idle_timeout_ms, 1..=3_600_000);
        let stall =
            mistakes.millis("CLIENT_WRITE_TIMEOUT_MS", &self.client_write_timeout_ms, 100..=3_600_000);
        let connections_max =
            mistakes.number("CLIENT_CONNECTIONS_MAX", &self.client_connections_max, 1..=1_000_000);
        let docs = match self.docs.as_str() {
            "on" => Some(true),
            "off" => Some(false),
            other => {
                mistakes.add("DOCS", format!("is {other:?}, neither on nor off"));
                None
            }
        };
        Some(ClientSettings {
            limits: limits?,
            trusted_proxies: trusted_proxies?,
            cors_origins: cors_origins?,
            head_timeout: head_timeout?,
            body_timeout: body_timeout?,
            idle: idle?,
            stall: stall?,
            connections_max: connections_max?,
            docs: docs?,
        })
    }
}

fn origins(mistakes: &mut Mistakes, text: &str) -> Option<Origins> {
    if text.trim() == "*" {
        return Some(Origins::All);
    }
    let listed: Vec<String> =
        text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    let mistaken = listed.iter().find(|origin| !is_origin(origin));
    if let Some(origin) = mistaken {
        mistakes.add("CORS_ORIGINS", format!("has {origin:?}, which is not like https://example.org"));
        return None;
    }
    Some(Origins::Listed(listed))
}

/// Scheme, host and perhaps a port: no path, not even a slash at the end, since browsers send none.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|authority| {
        !authority.contains('@') && authority.parse::<http::uri::Authority>().is_ok()
    })
}
