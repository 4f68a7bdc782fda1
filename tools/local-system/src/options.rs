//! How a system is configured.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::Service;

/// Of one service.
const REPLICAS_MAX: u8 = 16;

/// The configuration of a [`crate::System`].
#[derive(Clone)]
pub struct SystemOptions {
    /// The folder for data, logs, keys and secrets.
    pub data_dir: PathBuf,
    /// The gateway's port on 127.0.0.1; a free one if none is given.
    pub port: Option<u16>,
    pub servers: Servers,
    /// How many processes each service has; one if it is not named.
    pub replicas: Vec<Replicas>,
    /// How long a reserved seat is held.
    pub hold: Duration,
    pub admin_email: String,
    /// If none is given, the one that is stored in the data folder, or a new one.
    pub admin_password: Option<String>,
    /// Whether to delete all earlier data of private servers.
    pub empty: bool,
    /// Whether the gateway limits what one address and one user may request, as it does by default. A load test needs
    /// this off, since all its requests come from one address.
    pub limits: bool,
    /// Further environment variables for the processes of a service.
    pub settings: Vec<(Service, String, String)>,
}

/// The Postgres and the Valkey.
#[derive(Clone)]
pub enum Servers {
    /// Private servers in the data folder. Committed data survives a restart.
    Persistent,
    /// Private servers that are fast and lose everything at the end.
    Temporary,
    /// Servers that run already; a private one for each that has no URL.
    External {
        /// A Postgres, on which each service has its own database.
        database_url: Option<String>,
        valkey_url: Option<String>,
    },
}

impl SystemOptions {
    /// A system in `data_dir` with private servers, one process of each service and a free port for the gateway.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: None,
            servers: Servers::Persistent,
            replicas: Vec::new(),
            hold: Duration::from_secs(600),
            admin_email: "admin@booked.local".to_owned(),
            admin_password: None,
            empty: false,
            limits: false,
            settings: Vec::new(),
        }
    }

    pub(crate) fn replicas_of(&self, service: Service) -> u8 {
        self.replicas.iter().rev().find(|it| it.service == service).map_or(1, |it| it.count)
    }
}

/// A number of processes of one service, read from `ticketing=3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Not the gateway, which has one address.
    pub service: Service,
    /// At least 1.
    pub count: u8,
}

impl FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, count) = text.split_once('=').ok_or("expected something like ticketing=3")?;
        let service: Service = service.parse()?;
        if service == Service::Gateway {
            return Err("the gateway has one process".to_owned());
        }
        match count.parse() {
            Ok(count @ 1..=REPLICAS_MAX) => Ok(Self { service, count }),
            _ => Err(format!("expected 1 to {REPLICAS_MAX} processes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_name_a_service_and_a_number() {
        assert_eq!("ticketing=3".parse(), Ok(Replicas { service: Service::Ticketing, count: 3 }));
        for wrong in ["ticketing", "ticketing=0", "ticketing=17", "ticketing=x", "gateway=2", "sale=1"] {
            assert!(wrong.parse::<Replicas>().is_err(), "{wrong} was accepted");
        }
    }
}
