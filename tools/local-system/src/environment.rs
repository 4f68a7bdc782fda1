//! The environment variables of each process.

use anyhow::Result;

use crate::{
    Service, SystemOptions,
    data_folder::{DataFolder, Secret},
    instance::Instance,
    servers::RunningServers,
};

/// The gateway's limits for one address or user; 0 turns a limit off.
const LIMITS: [&str; 5] = [
    "ADDRESS_RATE_PER_S",
    "USER_RATE_PER_S",
    "ADDRESS_CONCURRENCY_MAX",
    "USER_CONCURRENCY_MAX",
    "ADDRESS_CONNECTIONS_MAX",
];

/// Names and values of environment variables.
pub(crate) type Environment = Vec<(String, String)>;

/// What every command of a service needs, `serve` among them: its database, secrets, log format.
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
    if service.has_database() {
        environment.push(("DATABASE_URL".to_owned(), servers.database_url(service)?));
    }
    if service.uses_valkey() {
        environment.push(("VALKEY_URL".to_owned(), servers.valkey_url()));
    }
    match service {
        Service::User => {
            environment.push(("SIGNING_KEYS_DIR".to_owned(), folder.signing_keys().display().to_string()));
        }
        Service::Ticketing => {
            environment.push(("HOLD_TTL_MS".to_owned(), options.hold.as_millis().to_string()));
        }
        Service::Gateway if !options.limits => {
            environment.extend(LIMITS.map(|name| (name.to_owned(), "0".to_owned())));
        }
        _ => {}
    }
    let further = options.settings.iter().filter(|(of, _, _)| *of == service);
    environment.extend(further.map(|(_, name, value)| (name.clone(), value.clone())));
    Ok(environment)
}

/// What only `serve` needs: where to listen, and where the services are that it calls.
pub(crate) fn of_serving(instance: Instance, all: &[Instance]) -> Environment {
    let mut environment = vec![
        ("LISTEN".to_owned(), instance.ports.traffic_address().to_string()),
        ("ADMIN_LISTEN".to_owned(), instance.ports.admin_address().to_string()),
    ];
    for called in instance.service.calls() {
        let replicas = all.iter().filter(|it| it.service == *called);
        let urls: Vec<String> = replicas.map(|it| it.url()).collect();
        environment.push((called.url_setting(), urls.join(",")));
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Ports;

    fn instance(service: Service, number: u8, traffic: u16) -> Instance {
        Instance { service, number, ports: Ports { traffic, admin: traffic + 1 } }
    }

    #[test]
    fn a_caller_of_a_service_knows_all_its_replicas() {
        let all = [
            instance(Service::Event, 1, 1000),
            instance(Service::Ticketing, 1, 2000),
            instance(Service::Ticketing, 2, 3000),
        ];
        let environment = of_serving(all[0], &all);
        assert!(environment.contains(&("LISTEN".to_owned(), "127.0.0.1:1000".to_owned())));
        assert!(environment.contains(&(
            "TICKETING_URL".to_owned(),
            "http://127.0.0.1:2000,http://127.0.0.1:3000".to_owned()
        )));
    }
}
