//! Reads events' inventories in Valkey. The keys are those of `services/ticketing/src/outbound/valkey/keys.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use booked_ids::{EventId, SeatNumber};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo as _, RedisResult,
    TlsCertificates, Value, aio::MultiplexedConnection, cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    ReadError, Sources,
    evidence::{Inventory, Meta},
};

const SCRIPT: &str = include_str!("inventory.lua");
/// Pairs that are read with one command.
const PAIRS: usize = 1_000;

pub(super) struct Valkey {
    link: Link,
    read_timeout: Duration,
}

enum Link {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What the script answers.
type Answer =
    (i64, Vec<u8>, BTreeMap<u32, i64>, BTreeMap<u32, i64>, BTreeMap<u32, String>, BTreeMap<String, String>);

impl Valkey {
    /// None if the sources name no Valkey.
    pub(super) async fn open(sources: &Sources) -> Result<Option<Self>, ReadError> {
        let Some(url) = &sources.valkey_url else { return Ok(None) };
        let read_timeout = sources.limits.read_timeout;
        let certificates = match &sources.valkey_ca_file {
            None => None,
            Some(file) => {
                let root_cert = Some(fs::read(file).map_err(|error| failed(&error))?);
                Some(TlsCertificates { client_tls: None, root_cert })
            }
        };
        let opened = timeout(read_timeout, Link::open(url, certificates, read_timeout)).await;
        let link = opened.map_err(|_| failed(&"no connection in time"))?.map_err(|error| failed(&error))?;
        Ok(Some(Self { link, read_timeout }))
    }

    /// None if it is not loaded.
    pub(super) async fn inventory(&mut self, event: EventId) -> Result<Option<Inventory>, ReadError> {
        let mut script = redis::cmd("EVAL");
        script.arg(SCRIPT).arg(5);
        for name in ["taken", "holds", "settling", "claims", "meta"] {
            script.arg(format!("{{{event}}}:{name}"));
        }
        let answer = self.query(&script).await?;
        if matches!(&answer, Value::Array(parts) if parts.is_empty()) {
            return Ok(None);
        }
        let (now_unix_ms, bitmap, holds, settling, claims, meta): Answer = read(answer)?;
        let holders = self.holders(event, holds.keys().copied().collect()).await?;
        let number = |name: &str| meta.get(name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let meta = Meta {
            capacity: number("capacity"),
            taken: number("taken"),
            freed: number("freed"),
            hint: number("hint"),
        };
        Ok(Some(Inventory { now_unix_ms, taken: set_bits(&bitmap), holds, settling, claims, holders, meta }))
    }

    async fn holders(
        &mut self,
        event: EventId,
        held: Vec<u32>,
    ) -> Result<BTreeMap<u32, Option<Uuid>>, ReadError> {
        let mut holders = BTreeMap::new();
        let held: Vec<SeatNumber> = held.into_iter().filter_map(SeatNumber::new).collect();
        for seats in held.chunks(PAIRS) {
            let mut pairs = redis::cmd("MGET");
            for seat in seats {
                pairs.arg(format!("{{{event}}}:{}", event.ticket(*seat)));
            }
            let users: Vec<Option<String>> = read(self.query(&pairs).await?)?;
            let users = users.into_iter().map(|user| user.and_then(|user| Uuid::try_parse(&user).ok()));
            holders.extend(seats.iter().map(|seat| seat.get()).zip(users));
        }
        Ok(holders)
    }

    async fn query(&mut self, command: &Cmd) -> Result<Value, ReadError> {
        let query = async {
            match &mut self.link {
                Link::Single(link) => command.query_async(link).await,
                Link::Cluster(link) => command.query_async(link).await,
            }
        };
        let answer = timeout(self.read_timeout, query).await;
        answer.map_err(|_| failed(&"no answer in time"))?.map_err(|error| failed(&error))
    }
}

impl Link {
    /// One server, or a cluster, whose credentials precede the first host and apply to all.
    async fn open(
        url: &str,
        certificates: Option<TlsCertificates>,
        read_timeout: Duration,
    ) -> RedisResult<Self> {
        let Some((scheme, rest)) = url.split_once("-cluster://") else {
            let client = match certificates {
                Some(certificates) => Client::build_with_tls(url, certificates)?,
                None => Client::open(url)?,
            };
            let limits = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(read_timeout))
                .set_response_timeout(Some(read_timeout));
            return Ok(Self::Single(client.get_multiplexed_async_connection_with_config(&limits).await?));
        };
        let (credentials, hosts) = rest.rsplit_once('@').unwrap_or(("", rest));
        let at = if credentials.is_empty() { "" } else { "@" };
        let node = |host| format!("{scheme}://{credentials}{at}{host}").into_connection_info();
        let nodes = hosts.trim_end_matches('/').split(',').map(node).collect::<RedisResult<Vec<_>>>()?;
        let mut builder =
            ClusterClient::builder(nodes).connection_timeout(read_timeout).response_timeout(read_timeout);
        if let Some(certificates) = certificates {
            builder = builder.certs(certificates);
        }
        Ok(Self::Cluster(builder.build()?.get_async_connection().await?))
    }
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, ReadError> {
    T::from_redis_value(value).map_err(|error| failed(&error))
}

fn failed(cause: &dyn std::fmt::Display) -> ReadError {
    ReadError { source_name: "Valkey", cause: cause.to_string() }
}

/// The seats whose bits are set; the first seat's bit is the highest one of the first byte.
fn set_bits(bitmap: &[u8]) -> BTreeSet<u32> {
    let bits = bitmap.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
    (1..).zip(bits).filter(|(_, is_set)| *is_set).map(|(seat, _)| seat).collect()
}

#[cfg(test)]
mod tests {
    use super::set_bits;

    #[test]
    fn bits_are_seats_from_one() {
        assert_eq!(set_bits(&[0b1000_0001, 0b0100_0000]).into_iter().collect::<Vec<_>>(), [1, 8, 10]);
    }
}
