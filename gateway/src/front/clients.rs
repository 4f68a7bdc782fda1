//! Who is connected: how many in all, and how many from one address.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use booked_telemetry::count;
use opentelemetry::global;

use super::files;
use crate::{
    config::{ClientSettings, ServiceSettings},
    metrics::{Reason, RefusalMetrics},
    phases::client_address::network,
};

/// The connections of clients, of all workers together.
pub(crate) struct Clients {
    connected: Mutex<Connected>,
    connections_max: usize,
    address_max: Option<usize>,
    refusals: RefusalMetrics,
}

#[derive(Default)]
struct Connected {
    all: usize,
    /// Only counted where there is a limit.
    by_address: HashMap<IpAddr, usize>,
}

impl Clients {
    /// As many as the settings say and open files allow.
    pub(crate) fn new(
        settings: &ClientSettings,
        services: &ServiceSettings,
        workers: usize,
        refusals: RefusalMetrics,
    ) -> Arc<Self> {
        let wanted = settings.connections_max.saturating_mul(workers);
        let files = files::raise_limit();
        let connections_max = files::fitting(wanted, files, services.connections(workers));
        if connections_max < wanted {
            tracing::warn!(
                wanted,
                files,
                connections_max,
                "fewer clients can be connected at a time than CLIENT_CONNECTIONS_MAX says, since more files cannot be open"
            );
        }
        // Behind a proxy of ours all clients have its address.
        let address_max = settings.limits.address_connections_max.filter(|_| settings.trusted_proxies == 0);
        let this = Arc::new(Self { connected: Mutex::default(), connections_max, address_max, refusals });
        this.show();
        this
    }

    /// The most that each worker may serve at a time.
    pub(super) fn connections_max(&self, workers: usize) -> usize {
        self.connections_max.checked_div(workers).unwrap_or_default().max(1)
    }

    /// A place for one more connection.
    pub(super) fn take(self: Arc<Self>, peer: IpAddr) -> io::Result<Place> {
        let mut connected = self.lock();
        let address = self.address_max.map(|most| (network(peer), most));
        if let Some((address, most)) = address {
            let of_address = connected.by_address.entry(address).or_default();
            if *of_address >= most {
                drop(connected);
                self.refusals.count(Reason::AddressConnections);
                return Err(io::Error::other("too many connections from one address"));
            }
            *of_address += 1;
        }
        connected.all += 1;
        drop(connected);
        Ok(Place { clients: self, address: address.map(|(address, _)| address) })
    }

    /// An idle connection was closed for those who come.
    pub(super) fn note_idle_closed(&self) {
        self.refusals.count(Reason::IdleInACrowd);
    }

    fn give_back(&self, address: Option<IpAddr>) {
        let mut connected = self.lock();
        connected.all -= 1;
        if let Some(address) = address
            && let Some(of_address) = connected.by_address.get_mut(&address)
        {
            *of_address -= 1;
            if *of_address == 0 {
                connected.by_address.remove(&address);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connected> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(self: &Arc<Self>) {
        let meter = global::meter("booked-gateway");
        let shown = Arc::downgrade(self);
        meter
            .u64_observable_gauge("booked_gateway_client_connections")
            .with_description("Open connections of clients")
            .with_callback(move |gauge| {
                if let Some(clients) = shown.upgrade() {
                    gauge.observe(count(clients.lock().all), &[]);
                }
            })
            .build();
        let shown = Arc::downgrade(self);
        meter
            .u64_observable_gauge("booked_gateway_client_connections_max")
            .with_description("Connections of clients that may be open at a time; further ones wait")
            .with_callback(move |gauge| {
                if let Some(clients) = shown.upgrade() {
                    gauge.observe(count(clients.connections_max), &[]);
                }
            })
            .build();
    }
}

/// One connection's place, given back when this is dropped.
pub(super) struct Place {
    clients: Arc<Clients>,
    address: Option<IpAddr>,
}

impl Place {
    /// Its client took too long for a head.
    pub(super) fn note_slow_head(&self) {
        self.clients.refusals.count(Reason::SlowHead);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.give_back(self.address);
    }
}
