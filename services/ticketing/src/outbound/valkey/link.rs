//! One handle on a single Valkey or on a cluster. Neither ever repeats a command unseen: a script is not idempotent.

use std::time::Duration;

use redis::{
    Client, Cmd, Pipeline, RedisFuture, RedisResult, TlsCertificates, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};

use super::config::ValkeySettings;

/// Longest pause between two tries to connect again.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(super) enum Link {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Link {
    pub(super) async fn open(settings: &ValkeySettings) -> RedisResult<Self> {
        let certificates = settings
            .root_certificates
            .clone()
            .map(|root_cert| TlsCertificates { client_tls: None, root_cert: Some(root_cert) });
        if settings.url.cluster {
            let mut builder = ClusterClient::builder(settings.url.nodes.clone())
                .retries(0)
                .connection_timeout(settings.timeout)
                .response_timeout(settings.timeout);
            if let Some(certificates) = certificates {
                builder = builder.certs(certificates);
            }
            return Ok(Self::Cluster(builder.build()?.get_async_connection().await?));
        }
        let Some(node) = settings.url.nodes.first().cloned() else {
            return Err((redis::ErrorKind::InvalidClientConfig, "no server is named").into());
        };
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(node, certificates)?,
            None => Client::open(node)?,
        };
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(RECONNECT_PAUSE_MAX)
            .set_connection_timeout(Some(settings.timeout))
            .set_response_timeout(Some(settings.timeout));
        Ok(Self::Single(client.get_connection_manager_with_config(config).await?))
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(link) => link.req_packed_command(command),
            Self::Cluster(link) => link.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(link) => link.req_packed_commands(pipeline, offset, count),
            Self::Cluster(link) => link.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(link) => link.get_db(),
            Self::Cluster(link) => link.get_db(),
        }
    }
}
