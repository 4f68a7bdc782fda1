//! What clients may do: how fast, how many, how slow, and from which web pages.

use std::{num::NonZeroU32, time::Duration};

use booked_server::config::Mistakes;
use clap::Args;

/// What clients may do.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    /// Requests a second that one address may send; 0 is no limit. Each replica of the gateway counts by itself.
    #[arg(long, env = "ADDRESS_RATE_PER_S", default_value = "0", value_name = "COUNT")]
    address_rate_per_s: String,
    /// Requests that an address which was quiet may send at once; 0 is as many as a second's.
    #[arg(long, env = "ADDRESS_BURST", default_value = "0", value_name = "COUNT")]
    address_burst: String,
    /// Requests a second that one user may send; 0 is no limit. Each replica of the gateway counts by itself.
    #[arg(long, env = "USER_RATE_PER_S", default_value = "0", value_name = "COUNT")]
    user_rate_per_s: String,
    /// Requests that a user who was quiet may send at once; 0 is as many as a second's.
    #[arg(long, env = "USER_BURST", default_value = "0", value_name = "COUNT")]
    user_burst: String,
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
    #[arg(long, env = "CLIENT_IDLE_MS", default_value = "75000", value_name = "MS")]
    client_idle_ms: String,
    /// Longest time that a client does not take what is sent to it, in milliseconds; then its connection is closed.
    #[arg(long, env = "CLIENT_STALL_MS", default_value = "20000", value_name = "MS")]
    client_stall_ms: String,
    /// Most connections of clients at a time, for each HTTP worker; further ones wait until one is closed.
    #[arg(long, env = "CLIENT_CONNECTIONS_MAX", default_value = "25000", value_name = "COUNT")]
    client_connections_max: String,
}

/// What [`ClientArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// How fast one address may ask.
    pub address_rate: Option<Rate>,
    /// How fast one user may ask.
    pub user_rate: Option<Rate>,
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
}

/// How fast one may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, in the long run.
    pub per_s: NonZeroU32,
    /// Requests at once, after a quiet time.
    pub burst: NonZeroU32,
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
    const RATE_MAX: u32 = 1_000_000;

    pub(super) fn check(&self, mistakes: &mut Mistakes) -> Option<ClientSettings> {
        let address_rate = rate(
            mistakes,
            ("ADDRESS_RATE_PER_S", &self.address_rate_per_s),
            ("ADDRESS_BURST", &self.address_burst),
        );
        let user_rate =
            rate(mistakes, ("USER_RATE_PER_S", &self.user_rate_per_s), ("USER_BURST", &self.user_burst));
        let trusted_proxies = mistakes.number("TRUSTED_PROXIES", &self.trusted_proxies, 0..=16);
        let cors_origins = origins(mistakes, &self.cors_origins);
        let head_timeout = mistakes.millis("HEAD_TIMEOUT_MS", &self.head_timeout_ms, 1..=300_000);
        let body_timeout = mistakes.millis("BODY_TIMEOUT_MS", &self.body_timeout_ms, 1..=300_000);
        let idle = mistakes.millis("CLIENT_IDLE_MS", &self.client_idle_ms, 1..=3_600_000);
        let stall = mistakes.millis("CLIENT_STALL_MS", &self.client_stall_ms, 100..=3_600_000);
        let connections_max =
            mistakes.number("CLIENT_CONNECTIONS_MAX", &self.client_connections_max, 1..=1_000_000);
        Some(ClientSettings {
            address_rate: address_rate?,
            user_rate: user_rate?,
            trusted_proxies: trusted_proxies?,
            cors_origins: cors_origins?,
            head_timeout: head_timeout?,
            body_timeout: body_timeout?,
            idle: idle?,
            stall: stall?,
            connections_max: connections_max?,
        })
    }
}

/// `Some(None)` is no limit.
fn rate(mistakes: &mut Mistakes, per_s: (&str, &str), burst: (&str, &str)) -> Option<Option<Rate>> {
    let per_s = mistakes.number(per_s.0, per_s.1, 0..=ClientArgs::RATE_MAX);
    let burst = mistakes.number(burst.0, burst.1, 0..=ClientArgs::RATE_MAX);
    let (per_s, burst) = (NonZeroU32::new(per_s?), NonZeroU32::new(burst?));
    Some(per_s.map(|per_s| Rate { per_s, burst: burst.unwrap_or(per_s) }))
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
