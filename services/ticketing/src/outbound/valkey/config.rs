//! Where Valkey is: one server or a cluster, in the clear or over TLS.

use std::{fmt, time::Duration};

use booked_server::{
    config::is_this_machine,
    settings::{Kind, Setting, Value},
};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};

booked_server::settings! {
    /// Where Valkey is. Ticketing alone talks to it.
    #[derive(Clone)]
    pub struct ValkeySettings {
        /// URL of Valkey: redis://user:password@host:port/db, rediss://… with TLS, redis-cluster://host:port,host:port or
        /// rediss-cluster://…; nothing else may use that database.
        pub(super) url: ValkeyUrl = "VALKEY_URL";
        /// File of the certificates that Valkey's is checked against, in PEM; without it the system's count.
        pub(super) root_certificates: Option<Vec<u8>> = optional "VALKEY_CA_FILE";
        /// Longest wait for an answer of Valkey, in milliseconds.
        pub(super) timeout: Duration = "VALKEY_TIMEOUT_MS", default 1000, range 1..=60_000;
    }
}

/// What a URL says. It may hold a password.
#[derive(Clone)]
pub(super) struct ValkeyUrl {
    pub(super) nodes: Vec<ConnectionInfo>,
    pub(super) cluster: bool,
}

impl Value for ValkeyUrl {
    const KIND: Kind = Kind::Secret("URL");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        let (nodes, cluster) = nodes(text)?;
        Ok(Self { nodes, cluster })
    }
}

impl ValkeySettings {
    /// Whether holds, and the password if there is one, go to another machine in the clear.
    pub(super) fn is_in_the_clear(&self) -> bool {
        let is_elsewhere = |node: &ConnectionInfo| matches!(node.addr(), ConnectionAddr::Tcp(host, _) if !is_this_machine(host));
        self.url.nodes.iter().any(is_elsewhere)
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

impl fmt::Debug for ValkeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValkeySettings").field("cluster", &self.url.cluster).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ValkeySettings, ValkeyUrl, nodes};

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
            let settings =
                ValkeySettings { url: ValkeyUrl { nodes, cluster }, root_certificates: None, timeout };
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
