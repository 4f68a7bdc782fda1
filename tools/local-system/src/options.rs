//! How a system is to be.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::Service;

/// The most processes of one service.
const REPLICAS_MAX: u8 = 16;

/// How a [`crate::System`] is to be.
#[derive(Clone)]
pub struct SystemOptions {
    /// The folder for data, logs, keys and secrets.
    pub data_dir: PathBuf,
    /// The gateway's port on 127.0.0.1; without it, a free one.
    pub port: Option<u16>,
    /// The Postgres and the Valkey.
    pub servers: Servers,
    /// How many processes of which service; one of each that is not named.
    pub replicas: Vec<Replicas>,
    /// How long a reserved seat is held.
    pub hold: Duration,
    /// The admin's log-in.
    pub admin_email: String,
    /// The admin's password; without it, the one that is kept in the data folder, or a new one.
    pub admin_password: Option<String>,
    /// Whether all data of before is to be forgotten.
    pub empty: bool,
    /// Whether the gateway limits what one address and one user may ask for, as it does by itself. Whoever drives a system
    /// in numbers does so from one address.
    pub limits: bool,
    /// Further settings for the processes of a service, by the names of their environment variables.
    pub settings: Vec<(Service, String, String)>,
}

/// Where the data is.
#[derive(Clone)]
pub enum Servers {
    /// Private servers in the data folder. What was committed survives.
    Kept,
    /// Private servers that are quick, and forget all at the end.
    Temporary,
    /// Servers that are there, where they are named; else private ones.
    Given {
        /// The URL of a Postgres, on which each service has its own database.
        database_url: Option<String>,
        /// The URL of a Valkey.
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
            servers: Servers::Kept,
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
    /// Any but the gateway, which has one address.
    pub service: Service,
    /// At least 1.
    pub count: u8,
}

impl FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, count) = text.split_once('=').ok_or("is not like ticketing=3")?;
        let service: Service = service.parse()?;
        if service == Service::Gateway {
            return Err("the gateway runs once".to_owned());
        }
        match count.parse() {
            Ok(count @ 1..=REPLICAS_MAX) => Ok(Self { service, count }),
            _ => Err(format!("the number of processes is 1 to {REPLICAS_MAX}")),
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
