//! What clients may do: how much, how many, how slow, and from which web pages.

use std::time::Duration;

use booked_server::settings::{Kind, Setting, Value};

use super::limits::LimitSettings;

booked_server::settings! {
    /// What clients may do.
    #[derive(Clone, Debug)]
    pub struct ClientSettings {
        pub limits: LimitSettings;
        /// Proxies of our own in front of the gateway, each of which appends to X-Forwarded-For the address that it saw.
        /// With 0 that header is not trusted.
        pub trusted_proxies: usize = "TRUSTED_PROXIES", default 0, range 0..=16;
        /// Web origins whose pages may read responses (CORS), separated by commas, or `*` for all; none if empty.
        pub cors_origins: Origins = "CORS_ORIGINS", default "";
        /// Longest time that a client takes for a request's head, in milliseconds.
        pub head_timeout: Duration = "HEAD_TIMEOUT_MS", default 5000, range 1..=300_000;
        /// Longest time that a client takes for a request's body, in milliseconds.
        pub body_timeout: Duration = "BODY_TIMEOUT_MS", default 10_000, range 1..=300_000;
        /// Longest time that a client keeps a connection without a request, in milliseconds.
        pub idle_timeout: Duration = "CLIENT_IDLE_TIMEOUT_MS", default 75_000, range 1..=3_600_000;
        /// Longest time that a client may leave sent data unread, in milliseconds; then its connection is closed.
        pub write_timeout: Duration = "CLIENT_WRITE_TIMEOUT_MS", default 20_000, range 100..=3_600_000;
        /// Most client connections at once, for each HTTP worker; further ones wait until one is closed. The limit of open
        /// files is raised as far as it goes, and this lowered to what then fits.
        pub connections_max: usize = "CLIENT_CONNECTIONS_MAX", default 25_000, range 1..=1_000_000;
    }
}

/// Web origins, as browsers send them in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every origin.
    All,
    /// These; none at all if it is empty.
    Listed(Vec<String>),
}

impl Value for Origins {
    const KIND: Kind = Kind::Text("ORIGIN,…");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self::All);
        }
        let listed: Vec<String> =
            text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
        match listed.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(format!("has {origin:?}, which is not like https://example.org")),
            None => Ok(Self::Listed(listed)),
        }
    }
}

/// Scheme, host and perhaps a port: no path, not even a slash at the end, since browsers send none.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|authority| {
        !authority.contains('@') && authority.parse::<actix_web::http::uri::Authority>().is_ok()
    })
}
