//! Which services there are behind the gateway, and how they are called.

use std::{str::FromStr, time::Duration};

use booked_server::config::Mistakes;
use clap::Args;

/// The services and how they are called.
#[derive(Args, Clone, Debug)]
pub struct ServiceArgs {
    /// Where the user service is; replicas by comma.
    #[arg(long, env = "USER_URL", value_name = "URL,…")]
    user_url: Option<String>,
    /// Where the event service is; replicas by comma.
    #[arg(long, env = "EVENT_URL", value_name = "URL,…")]
    event_url: Option<String>,
    /// Where ticketing is; replicas by comma.
    #[arg(long, env = "TICKETING_URL", value_name = "URL,…")]
    ticketing_url: Option<String>,
    /// Where analytics is; replicas by comma.
    #[arg(long, env = "ANALYTICS_URL", value_name = "URL,…")]
    analytics_url: Option<String>,
    /// Longest time that a service gets to answer, in milliseconds; a route may give it less.
    #[arg(long, env = "UPSTREAM_TIMEOUT_MS", default_value = "2500", value_name = "MS")]
    upstream_timeout_ms: String,
    /// Longest time that connecting to a service takes, in milliseconds.
    #[arg(long, env = "CONNECT_TIMEOUT_MS", default_value = "500", value_name = "MS")]
    connect_timeout_ms: String,
    /// Most connections to one replica of a service, for each HTTP worker; further requests wait for one.
    #[arg(long, env = "UPSTREAM_CONNECTIONS_MAX", default_value = "256", value_name = "COUNT")]
    upstream_connections_max: String,
    /// Time between two looks at the user service's public keys, in milliseconds.
    #[arg(long, env = "JWKS_REFRESH_MS", default_value = "10000", value_name = "MS")]
    jwks_refresh_ms: String,
    /// How many good tokens are remembered, so that their signature is not checked again; each takes some 500 bytes.
    #[arg(long, env = "VERIFIED_TOKENS_MAX", default_value = "100000", value_name = "COUNT")]
    verified_tokens_max: String,
}

/// What [`ServiceArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Replicas of the user service, at least one; the same for the others.
    pub user: Vec<ServiceUrl>,
    /// Replicas of the event service.
    pub event: Vec<ServiceUrl>,
    /// Replicas of ticketing.
    pub ticketing: Vec<ServiceUrl>,
    /// Replicas of analytics.
    pub analytics: Vec<ServiceUrl>,
    /// Longest time that a service gets to answer.
    pub timeout: Duration,
    /// Longest time that connecting takes.
    pub connect_timeout: Duration,
    /// Most connections to one replica, for each worker.
    pub connections_max: usize,
    /// Time between two looks at the user service's public keys.
    pub jwks_refresh: Duration,
    /// How many good tokens are remembered.
    pub verified_tokens_max: usize,
}

impl ServiceSettings {
    /// The most connections that so many workers have to all services.
    #[must_use]
    pub fn connections(&self, workers: usize) -> usize {
        let replicas = [&self.user, &self.event, &self.ticketing, &self.analytics].map(Vec::len);
        replicas.iter().sum::<usize>().saturating_mul(self.connections_max).saturating_mul(workers)
    }
}

impl ServiceArgs {
    pub(super) fn check(&self, mistakes: &mut Mistakes) -> Option<ServiceSettings> {
        let user = urls(mistakes, "USER_URL", &self.user_url);
        let event = urls(mistakes, "EVENT_URL", &self.event_url);
        let ticketing = urls(mistakes, "TICKETING_URL", &self.ticketing_url);
        let analytics = urls(mistakes, "ANALYTICS_URL", &self.analytics_url);
        let timeout = mistakes.millis("UPSTREAM_TIMEOUT_MS", &self.upstream_timeout_ms, 1..=60_000);
        let connect_timeout = mistakes.millis("CONNECT_TIMEOUT_MS", &self.connect_timeout_ms, 1..=60_000);
        let connections_max =
            mistakes.number("UPSTREAM_CONNECTIONS_MAX", &self.upstream_connections_max, 1..=65_536);
        let jwks_refresh = mistakes.millis("JWKS_REFRESH_MS", &self.jwks_refresh_ms, 100..=240_000);
        let verified_tokens_max =
            mistakes.number("VERIFIED_TOKENS_MAX", &self.verified_tokens_max, 1..=100_000_000);
        Some(ServiceSettings {
            user: user?,
            event: event?,
            ticketing: ticketing?,
            analytics: analytics?,
            timeout: timeout?,
            connect_timeout: connect_timeout?,
            connections_max: connections_max?,
            jwks_refresh: jwks_refresh?,
            verified_tokens_max: verified_tokens_max?,
        })
    }
}

fn urls(mistakes: &mut Mistakes, setting: &str, text: &Option<String>) -> Option<Vec<ServiceUrl>> {
    let text = mistakes.required(setting, text)?;
    let parsed: Result<_, _> = text.split(',').map(|url| url.trim().parse()).collect();
    // The text itself is not shown: somebody may have put a password into it.
    parsed.map_err(|error: &str| mistakes.add(setting, format!("cannot be used: {error}"))).ok()
}

/// Where one replica of a service is: `http://host` or `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceUrl {
    host: String,
    port: u16,
}

impl ServiceUrl {
    const DEFAULT_PORT: u16 = 80;

    /// The name or address, as it is looked up; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they stand in a `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for ServiceUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: http::Uri = text.parse().map_err(|_| "it is no URL")?;
        if uri.scheme_str() != Some("http") {
            return Err("it does not begin with http://");
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err("it has a path; only host and port are taken");
        }
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("it has a user; only host and port are taken");
        }
        let port = authority.port_u16().unwrap_or(Self::DEFAULT_PORT);
        Ok(Self { host: authority.host().to_owned(), port })
    }
}
