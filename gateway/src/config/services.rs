//! Which services there are behind the gateway, and how they are called.

use std::time::Duration;

use booked_server::{Endpoints, config::Mistakes};
use clap::Args;

use crate::services::ServiceName;

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
    #[arg(long, env = "JWKS_REFRESH_INTERVAL_MS", default_value = "10000", value_name = "MS")]
    jwks_refresh_interval_ms: String,
    /// How many good tokens are remembered, so that their signature is not checked again; each takes some 500 bytes.
    #[arg(long, env = "VERIFIED_TOKENS_MAX", default_value = "100000", value_name = "COUNT")]
    verified_tokens_max: String,
}

/// What [`ServiceArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Replicas of the user service, at least one; the same for the others.
    pub user: Endpoints,
    /// Replicas of the event service.
    pub event: Endpoints,
    /// Replicas of ticketing.
    pub ticketing: Endpoints,
    /// Replicas of analytics.
    pub analytics: Endpoints,
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
    #[must_use]
    pub fn endpoints(&self, service: ServiceName) -> &Endpoints {
        match service {
            ServiceName::User => &self.user,
            ServiceName::Event => &self.event,
            ServiceName::Ticketing => &self.ticketing,
            ServiceName::Analytics => &self.analytics,
        }
    }

    /// The most connections that so many workers have to all services.
    #[must_use]
    pub fn connections(&self, workers: usize) -> usize {
        let replicas = |service: &ServiceName| self.endpoints(*service).as_slice().len();
        let replicas: usize = ServiceName::ALL.iter().map(replicas).sum();
        replicas.saturating_mul(self.connections_max).saturating_mul(workers)
    }
}

impl ServiceArgs {
    pub(super) fn check(&self, mistakes: &mut Mistakes) -> Option<ServiceSettings> {
        let user = mistakes.endpoints("USER_URL", &self.user_url);
        let event = mistakes.endpoints("EVENT_URL", &self.event_url);
        let ticketing = mistakes.endpoints("TICKETING_URL", &self.ticketing_url);
        let analytics = mistakes.endpoints("ANALYTICS_URL", &self.analytics_url);
        let timeout = mistakes.millis("UPSTREAM_TIMEOUT_MS", &self.upstream_timeout_ms, 1..=60_000);
        let connect_timeout = mistakes.millis("CONNECT_TIMEOUT_MS", &self.connect_timeout_ms, 1..=60_000);
        let connections_max =
            mistakes.number("UPSTREAM_CONNECTIONS_MAX", &self.upstream_connections_max, 1..=65_536);
        let jwks_refresh =
            mistakes.millis("JWKS_REFRESH_INTERVAL_MS", &self.jwks_refresh_interval_ms, 100..=240_000);
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
