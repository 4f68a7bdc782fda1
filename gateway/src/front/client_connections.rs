//! How many clients are connected: in all, and from one address.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use booked_telemetry::count;
use opentelemetry::global;

use super::file_limit;
use crate::{
    config::{ClientSettings, ServiceSettings},
    metrics::{LimitKind, RejectionMetrics, SCOPE},
    phases::client_address::network,
};

/// The connections of clients, of all workers together.
pub(crate) struct ClientConnections {
    counts: Mutex<Counts>,
    connections_max: usize,
    address_max: Option<usize>,
    rejections: RejectionMetrics,
}

#[derive(Default)]
struct Counts {
    all: usize,
    /// Counted only if there is a limit.
    by_address: HashMap<IpAddr, usize>,
}

impl ClientConnections {
    /// At most as many as are configured and as open files allow.
    pub(crate) fn new(
        settings: &ClientSettings,
        services: &ServiceSettings,
        workers: usize,
        rejections: RejectionMetrics,
    ) -> Arc<Self> {
        let wanted = settings.connections_max.saturating_mul(workers);
        let files = file_limit::raise();
        let connections_max = file_limit::connections_that_fit(wanted, files, services.connections(workers));
        if connections_max < wanted {
            tracing::warn!(
                wanted,
                files,
                connections_max,
                "fewer clients can be connected at once than CLIENT_CONNECTIONS_MAX allows, because the limit of open files \
                 is too low"
            );
        }
        // Behind a proxy of ours all clients have its address.
        let address_max = settings.limits.address_connections_max.filter(|_| settings.trusted_proxies == 0);
        let this = Arc::new(Self { counts: Mutex::default(), connections_max, address_max, rejections });
        this.register_gauges();
        this
    }

    /// How many connections each worker may serve at once.
    pub(super) fn max_per_worker(&self, workers: usize) -> usize {
        self.connections_max.checked_div(workers).unwrap_or_default().max(1)
    }

    pub(super) fn acquire(self: Arc<Self>, peer: IpAddr) -> io::Result<ConnectionPermit> {
        let mut counts = self.lock();
        let address = self.address_max.map(|max| (network(peer), max));
        if let Some((address, max)) = address {
            let of_address = counts.by_address.entry(address).or_default();
            if *of_address >= max {
                drop(counts);
                self.rejections.count(LimitKind::AddressConnections);
                return Err(io::Error::other("too many connections from one address"));
            }
            *of_address += 1;
        }
        counts.all += 1;
        drop(counts);
        Ok(ConnectionPermit { clients: self, address: address.map(|(address, _)| address) })
    }

    /// An idle connection was closed to make room.
    pub(super) fn count_eviction(&self) {
        self.rejections.count(LimitKind::IdleEviction);
    }

    fn release(&self, address: Option<IpAddr>) {
        let mut counts = self.lock();
        counts.all -= 1;
        if let Some(address) = address
            && let Some(of_address) = counts.by_address.get_mut(&address)
        {
            *of_address -= 1;
            if *of_address == 0 {
                counts.by_address.remove(&address);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register_gauges(self: &Arc<Self>) {
        let meter = global::meter(SCOPE);
        let weak = Arc::downgrade(self);
        meter
            .u64_observable_gauge("booked_gateway_client_connections")
            .with_description("Open connections of clients")
            .with_callback(move |gauge| {
                if let Some(clients) = weak.upgrade() {
                    gauge.observe(count(clients.lock().all), &[]);
                }
            })
            .build();
        let weak = Arc::downgrade(self);
        meter
            .u64_observable_gauge("booked_gateway_client_connections_max")
            .with_description("Connections of clients that may be open at once; further ones wait")
            .with_callback(move |gauge| {
                if let Some(clients) = weak.upgrade() {
                    gauge.observe(count(clients.connections_max), &[]);
                }
            })
            .build();
    }
}

/// The right to one connection, released when this is dropped.
pub(super) struct ConnectionPermit {
    clients: Arc<ClientConnections>,
    address: Option<IpAddr>,
}

impl ConnectionPermit {
    pub(super) fn count_slow_head(&self) {
        self.clients.rejections.count(LimitKind::SlowHead);
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.clients.release(self.address);
    }
}
