//! How many connections there are to each replica, counted over all workers and exported as gauges.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use booked_server::Endpoint;
use booked_telemetry::count;
use opentelemetry::{KeyValue, global};

use crate::{config::ServiceSettings, metrics::SCOPE, services::ServiceName};

pub(crate) struct ConnectionGauges(HashMap<Endpoint, Arc<ConnectionCounts>>);

/// The connections to one replica.
#[derive(Debug, Default)]
pub(super) struct ConnectionCounts {
    open: AtomicUsize,
    in_use: AtomicUsize,
    in_use_max: AtomicUsize,
    /// How many calls the gateway gives the replica at once: no more than it answers in time.
    concurrency_limit: AtomicUsize,
    /// Calls that wait for one of these.
    queued: AtomicUsize,
}

impl ConnectionGauges {
    /// Exports the counts for as long as the value that this returns lives.
    pub(crate) fn register(settings: &ServiceSettings) -> Arc<Self> {
        let endpoints = ServiceName::ALL.iter().flat_map(|service| settings.endpoints(*service).as_slice());
        let this = Arc::new(Self(endpoints.map(|endpoint| (endpoint.clone(), Arc::default())).collect()));
        let (meter, weak) = (global::meter(SCOPE), Arc::downgrade(&this));
        meter
            .u64_observable_gauge("http.client.open_connections")
            .with_description("Open connections to a replica, by state")
            .with_callback(move |gauge| {
                for (endpoint, counts) in weak.upgrade().iter().flat_map(|this| &this.0) {
                    let open = counts.open.load(Ordering::Relaxed);
                    let active = counts.in_use.load(Ordering::Relaxed);
                    for (state, connections) in [("active", active), ("idle", open.saturating_sub(active))] {
                        let [address, port] = attributes(endpoint);
                        let state = KeyValue::new("http.connection.state", state);
                        gauge.observe(count(connections), &[address, port, state]);
                    }
                }
            })
            .build();
        this.register_gauge(
            "booked_gateway_connections_max",
            "Connections to a replica that may be in use at once",
            |counts| &counts.in_use_max,
        );
        this.register_gauge(
            "booked_gateway_concurrency_limit",
            "Calls that a replica is given at once, because it answers this many in time",
            |counts| &counts.concurrency_limit,
        );
        this.register_gauge(
            "booked_gateway_queued_calls",
            "Calls that wait until a replica can be given one more",
            |counts| &counts.queued,
        );
        this
    }

    fn register_gauge(
        self: &Arc<Self>,
        name: &'static str,
        description: &'static str,
        value: fn(&ConnectionCounts) -> &AtomicUsize,
    ) {
        let weak = Arc::downgrade(self);
        global::meter(SCOPE)
            .u64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |gauge| {
                for (endpoint, counts) in weak.upgrade().iter().flat_map(|this| &this.0) {
                    gauge.observe(count(value(counts).load(Ordering::Relaxed)), &attributes(endpoint));
                }
            })
            .build();
    }

    pub(super) fn counts_of(&self, endpoint: &Endpoint) -> Arc<ConnectionCounts> {
        self.0.get(endpoint).cloned().unwrap_or_default()
    }
}

fn attributes(endpoint: &Endpoint) -> [KeyValue; 2] {
    [
        KeyValue::new("server.address", endpoint.host().to_owned()),
        KeyValue::new("server.port", i64::from(endpoint.port())),
    ]
}

impl ConnectionCounts {
    /// One more worker may use this many connections.
    pub(super) fn add_worker(&self, in_use_max: usize) {
        self.in_use_max.fetch_add(in_use_max, Ordering::Relaxed);
        self.concurrency_limit.fetch_add(in_use_max, Ordering::Relaxed);
    }

    /// A worker's concurrency limit has changed.
    pub(super) fn change_limit(&self, before: usize, now: usize) {
        self.concurrency_limit.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
        self.concurrency_limit.fetch_sub(before.saturating_sub(now), Ordering::Relaxed);
    }

    pub(super) fn count_open(self: &Arc<Self>) -> CountGuard {
        CountGuard::new(self, |counts| &counts.open)
    }

    pub(super) fn count_in_use(self: &Arc<Self>) -> CountGuard {
        CountGuard::new(self, |counts| &counts.in_use)
    }

    pub(super) fn count_queued(self: &Arc<Self>) -> CountGuard {
        CountGuard::new(self, |counts| &counts.queued)
    }
}

/// Counts one connection or call until it is dropped.
pub(super) struct CountGuard {
    counts: Arc<ConnectionCounts>,
    counter: fn(&ConnectionCounts) -> &AtomicUsize,
}

impl CountGuard {
    fn new(counts: &Arc<ConnectionCounts>, counter: fn(&ConnectionCounts) -> &AtomicUsize) -> Self {
        counter(counts).fetch_add(1, Ordering::Relaxed);
        Self { counts: Arc::clone(counts), counter }
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        (self.counter)(&self.counts).fetch_sub(1, Ordering::Relaxed);
    }
}
