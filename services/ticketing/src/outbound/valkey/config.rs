//! Where Valkey is: one server or a cluster, in the clear or over TLS.

use std::{fmt, fs, path::PathBuf, time::Duration};

use booked_server::config::{Mistakes, is_this_machine};
use clap::Args;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use secrecy::ExposeSecret as _;

/// Where Valkey is. Ticketing alone talks to it.
#[derive(Args, Clone)]
pub struct ValkeyArgs {
    /// URL of Valkey: redis://user:password@host:port/db, rediss://… with TLS, redis-cluster://host:port,host:port or
    /// rediss-cluster://…; nothing else may use that database.
    #[arg(long, env = "VALKEY_URL", hide_env_values = true, value_name = "URL")]
    pub valkey_url: Option<String>,
    /// File that holds Valkey's URL.
    #[arg(long, env = "VALKEY_URL_FILE", value_name = "FILE")]
    pub valkey_url_file: Option<PathBuf>,
    /// File of the certificates that Valkey's is checked against, in PEM; without it the system's count.
    #[arg(long, env = "VALKEY_CA_FILE", value_name = "FILE")]
    pub valkey_ca_file: Option<PathBuf>,
    /// Longest wait for an answer of Valkey, in milliseconds.
    #[arg(long, env = "VALKEY_TIMEOUT_MS", default_value = "1000", value_name = "MS")]
    pub valkey_timeout_ms: String,
}

/// What [`ValkeyArgs`] says, checked.
#[derive(Clone)]
pub struct ValkeySettings {
    pub(super) nodes: Vec<ConnectionInfo>,
    pub(super) cluster: bool,
    pub(super) root_certificates: Option<Vec<u8>>,
    pub(super) timeout: Duration,
}

impl ValkeyArgs {
    /// Checks the settings. Nothing of the URL is repeated: it may hold a password.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<ValkeySettings> {
        const SETTING: &str = "VALKEY_URL";
        let timeout = mistakes.millis("VALKEY_TIMEOUT_MS", &self.valkey_timeout_ms, 1..=60_000);
        let root_certificates = match &self.valkey_ca_file {
            None => Some(None),
            Some(file) => fs::read(file)
                .map(Some)
                .map_err(|error| mistakes.add("VALKEY_CA_FILE", format!("cannot be read: {error}")))
                .ok(),
        };
        let file = self.valkey_url_file.as_deref();
        if self.valkey_url.is_none() && file.is_none() {
            mistakes.add(SETTING, "is missing");
        }
        let url = mistakes.secret(SETTING, self.valkey_url.as_deref(), file)?;
        let (nodes, cluster) =
            nodes(url.expose_secret()).map_err(|mistake| mistakes.add(SETTING, mistake)).ok()?;
        Some(ValkeySettings { nodes, cluster, root_certificates: root_certificates?, timeout: timeout? })
    }
}

impl ValkeySettings {
    /// Whether holds, and the password where there is one, go to another machine in the clear.
    pub(super) fn is_in_the_clear(&self) -> bool {
        let is_elsewhere = |node: &ConnectionInfo| matches!(node.addr(), ConnectionAddr::Tcp(host, _) if !is_this_machine(host));
        self.nodes.iter().any(is_elsewhere)
    }

    /// Longest wait for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// The servers that a URL names, and whether they are a cluster. A cluster's credentials stand before the first host and
/// count for all.
fn nodes(url: &str) -> Result<(Vec<ConnectionInfo>, bool), &'static str> {
    const FORMS: &str = "is none of redis://, rediss://, redis-cluster://, rediss-cluster://";
    let (scheme, rest) = url.split_once("://").ok_or(FORMS)?;
    let (scheme, cluster) = match scheme {
        "redis" | "rediss" => (scheme, false),
        "redis-cluster" => ("redis", true),
        "rediss-cluster" => ("rediss", true),
        _ => return Err(FORMS),
    };
    let parse = |url: String| url.into_connection_info().map_err(|_| "is not a URL of Valkey");
    if !cluster {
        return Ok((vec![parse(url.to_owned())?], false));
    }
    let (credentials, hosts) = rest.rsplit_once('@').map_or(("", rest), |(before, hosts)| (before, hosts));
    let at = if credentials.is_empty() { "" } else { "@" };
    let nodes = hosts
        .trim_end_matches('/')
        .split(',')
        .map(|host| parse(format!("{scheme}://{credentials}{at}{host}")));
    Ok((nodes.collect::<Result<_, _>>()?, true))
}

impl fmt::Debug for ValkeyArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValkeyArgs").finish_non_exhaustive()
    }
}

impl fmt::Debug for ValkeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValkeySettings").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ValkeySettings, nodes};

    #[test]
    fn what_goes_to_another_machine_in_the_clear_is_known() {
        for (url, expected) in [
            ("redis://:secret@valkey", true),
            ("redis-cluster://127.0.0.1:1,10.0.0.7:2", true),
            ("rediss://:secret@valkey", false),
            ("redis://:secret@localhost", false),
            ("redis://127.0.0.1:6379/0", false),
            ("redis://[::1]:6379/0", false),
        ] {
            let (nodes, cluster) = nodes(url).unwrap();
            let timeout = Duration::from_secs(1);
            let settings = ValkeySettings { nodes, cluster, root_certificates: None, timeout };
            assert_eq!(settings.is_in_the_clear(), expected, "{url}");
        }
    }

    #[test]
    fn one_server_or_a_cluster_is_read() {
        for (url, count, cluster) in [
            ("redis://127.0.0.1:6379/0", 1, false),
            ("rediss://user:secret@valkey:6380", 1, false),
            ("redis-cluster://a:1,b:2,c:3", 3, true),
            ("rediss-cluster://user:se,cr@et@a:1,b:2/", 2, true),
        ] {
            let (nodes, is_cluster) = nodes(url).unwrap();
            assert_eq!((nodes.len(), is_cluster), (count, cluster), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_valkey_is_refused() {
        for url in ["", "valkey", "http://localhost", "redis-cluster://", "redis://host:port"] {
            assert!(nodes(url).is_err(), "{url:?} was accepted");
        }
    }
}
