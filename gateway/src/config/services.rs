//! Which services there are behind the gateway, and how they are called.

use std::time::Duration;

use booked_server::{
    Endpoints,
    config::ConfigErrors,
    settings::{Setting, Settings, Texts},
};

use crate::services::{ServiceMap, ServiceName};

booked_server::settings! {
    /// The services and how they are called.
    #[derive(Clone, Debug)]
    pub struct ServiceSettings {
        endpoints: ServiceMap<Endpoints>;
        /// Longest time that a service gets to answer, in milliseconds; a route may give it less.
        pub timeout: Duration = "UPSTREAM_TIMEOUT_MS", default 2500, range 1..=60_000;
        /// Longest time that connecting to a service takes, in milliseconds.
        pub connect_timeout: Duration = "CONNECT_TIMEOUT_MS", default 500, range 1..=60_000;
        /// Most connections to one replica of a service, for each HTTP worker; further requests wait for one.
        pub connections_max: usize = "UPSTREAM_CONNECTIONS_MAX", default 256, range 1..=65_536;
        /// Time between two reads of the user service's public keys, in milliseconds.
        pub jwks_refresh: Duration = "JWKS_REFRESH_INTERVAL_MS", default 10_000, range 100..=240_000;
        /// How many good tokens are remembered, so that their signature is not checked again; each takes some 500 bytes.
        pub verified_tokens_max: usize = "VERIFIED_TOKENS_MAX", default 100_000, range 1..=100_000_000;
    }
}

impl ServiceSettings {
    /// Replicas of a service, at least one.
    #[must_use]
    pub fn endpoints(&self, service: ServiceName) -> &Endpoints {
        self.endpoints.get(service)
    }

    /// The most connections that this many workers have to all services.
    #[must_use]
    pub fn connections(&self, workers: usize) -> usize {
        let replicas = |service: &ServiceName| self.endpoints(*service).as_slice().len();
        let replicas: usize = ServiceName::ALL.iter().map(replicas).sum();
        replicas.saturating_mul(self.connections_max).saturating_mul(workers)
    }
}

fn url(service: ServiceName) -> Setting {
    let doc =
        format!("Base URL of the {} service; several replicas are separated by commas.", service.as_str());
    Setting::new::<Endpoints>(service.url_setting(), &doc)
}

impl Settings for ServiceMap<Endpoints> {
    fn describe() -> Vec<Setting> {
        ServiceName::ALL.map(url).into()
    }

    fn read(texts: &Texts, errors: &mut ConfigErrors) -> Option<Self> {
        ServiceMap::from_fn(|service| texts.required(&url(service), errors)).all()
    }
}
