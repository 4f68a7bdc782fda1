//! What each process is told by its environment.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;

use crate::{
    Service, SystemOptions,
    data_folder::{DataFolder, Secret},
    servers::RunningServers,
};

/// The gateway's limits of what one address or user may ask for; with 0 there is none.
const UNLIMITED: [&str; 5] = [
    "ADDRESS_RATE_PER_S",
    "USER_RATE_PER_S",
    "ADDRESS_CONCURRENCY_MAX",
    "USER_CONCURRENCY_MAX",
    "ADDRESS_CONNECTIONS_MAX",
];

/// Where a process listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) traffic: u16,
    /// For health and metrics.
    pub(crate) admin: u16,
}

/// A process by its service, its number among those of the service, and its ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) service: Service,
    pub(crate) number: u8,
    pub(crate) ports: Ports,
}

/// Names and values of environment variables.
pub(crate) type Environment = Vec<(String, String)>;

impl Ports {
    pub(crate) fn traffic_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.traffic).into()
    }

    pub(crate) fn admin_address(self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.admin).into()
    }
}

impl Seat {
    /// `ticketing-1`; the gateway, of which there is one, is only `gateway`.
    pub(crate) fn name(self) -> String {
        match self.service {
            Service::Gateway => "gateway".to_owned(),
            service => format!("{service}-{}", self.number),
        }
    }
}

/// What the commands of a service need, whether it serves or not: its database, secrets and log format.
pub(crate) fn of_commands(
    service: Service,
    options: &SystemOptions,
    folder: &DataFolder,
    servers: &RunningServers,
) -> Result<Environment> {
    let credential = folder.secret_file(Secret::InternalCredential).display().to_string();
    let mut environment = vec![
        ("LOG_FORMAT".to_owned(), "text".to_owned()),
        ("INTERNAL_CREDENTIAL_FILE".to_owned(), credential),
    ];
    if service == Service::User {
        environment.push(("SIGNING_KEYS_DIR".to_owned(), folder.signing_keys().display().to_string()));
    }
    if service != Service::Gateway {
        environment.push(("DATABASE_URL".to_owned(), servers.database_url(service)?));
    }
    if service == Service::Ticketing {
        environment.push(("VALKEY_URL".to_owned(), servers.valkey_url()));
        environment.push(("HOLD_MS".to_owned(), options.hold.as_millis().to_string()));
    }
    if service == Service::Gateway && !options.limits {
        environment.extend(UNLIMITED.map(|name| (name.to_owned(), "0".to_owned())));
    }
    let further = options.settings.iter().filter(|(of, _, _)| *of == service);
    environment.extend(further.map(|(_, name, value)| (name.clone(), value.clone())));
    Ok(environment)
}

/// What serving needs besides: where to listen, and where the others are.
pub(crate) fn of_serving(seat: Seat, all: &[Seat]) -> Environment {
    let mut environment = vec![
        ("LISTEN".to_owned(), seat.ports.traffic_address().to_string()),
        ("ADMIN_LISTEN".to_owned(), seat.ports.admin_address().to_string()),
    ];
    let called: &[Service] = match seat.service {
        Service::User => &[],
        Service::Event | Service::Analytics => &[Service::Ticketing],
        Service::Ticketing => &[Service::Event],
        Service::Gateway => &Service::BEHIND_GATEWAY,
    };
    for service in called {
        let replicas = all.iter().filter(|it| it.service == *service);
        let urls: Vec<String> = replicas.map(|it| format!("http://{}", it.ports.traffic_address())).collect();
        environment.push((format!("{}_URL", service.name().to_uppercase()), urls.join(",")));
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(service: Service, number: u8, traffic: u16) -> Seat {
        Seat { service, number, ports: Ports { traffic, admin: traffic + 1 } }
    }

    #[test]
    fn whoever_calls_a_service_knows_all_its_replicas() {
        let all = [
            seat(Service::Event, 1, 1000),
            seat(Service::Ticketing, 1, 2000),
            seat(Service::Ticketing, 2, 3000),
        ];
        let environment = of_serving(all[0], &all);
        assert!(environment.contains(&("LISTEN".to_owned(), "127.0.0.1:1000".to_owned())));
        assert!(environment.contains(&(
            "TICKETING_URL".to_owned(),
            "http://127.0.0.1:2000,http://127.0.0.1:3000".to_owned()
        )));
    }
}
