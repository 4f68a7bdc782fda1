//! How many connections there are to each replica, of all workers together.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use booked_server::{Endpoint, Endpoints};
use booked_telemetry::count;
use opentelemetry::{KeyValue, global};

use crate::config::ServiceSettings;

const SCOPE: &str = "booked-gateway";

/// Of every replica that is known.
pub(crate) struct Connections(HashMap<Endpoint, Arc<ToReplica>>);

/// Of one replica.
#[derive(Debug, Default)]
pub(super) struct ToReplica {
    open: AtomicUsize,
    in_use: AtomicUsize,
    /// How many of them may be in use.
    most: AtomicUsize,
    /// How many of those are given to it, since it answers in time.
    limit: AtomicUsize,
}

impl Connections {
    /// Shows them whenever somebody looks, as long as this is there.
    pub(crate) fn show(settings: &ServiceSettings) -> Arc<Self> {
        let replicas = [&settings.user, &settings.event, &settings.ticketing, &settings.analytics];
        let connections = replicas
            .into_iter()
            .flat_map(Endpoints::as_slice)
            .map(|endpoint| (endpoint.clone(), Arc::default()));
        let this = Arc::new(Self(connections.collect()));
        let (meter, shown) = (global::meter(SCOPE), Arc::downgrade(&this));
        meter
            .u64_observable_gauge("http.client.open_connections")
            .with_description("Open connections to a replica, by state")
            .with_callback(move |gauge| {
                for (endpoint, to) in shown.upgrade().iter().flat_map(|this| &this.0) {
                    let (open, active) = (to.open.load(Ordering::Relaxed), to.in_use.load(Ordering::Relaxed));
                    for (state, connections) in [("active", active), ("idle", open.saturating_sub(active))] {
                        let [address, port] = attributes(endpoint);
                        let state = KeyValue::new("http.connection.state", state);
                        gauge.observe(count(connections), &[address, port, state]);
                    }
                }
            })
            .build();
        this.show_each(
            "booked_gateway_connections_max",
            "Connections to a replica that may be in use at a time",
            |to| &to.most,
        );
        this.show_each(
            "booked_gateway_concurrency_limit",
            "Calls that a replica is given at a time, since it answers so many in time",
            |to| &to.limit,
        );
        this
    }

    fn show_each(
        self: &Arc<Self>,
        name: &'static str,
        description: &'static str,
        what: fn(&ToReplica) -> &AtomicUsize,
    ) {
        let shown = Arc::downgrade(self);
        global::meter(SCOPE)
            .u64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |gauge| {
                for (endpoint, to) in shown.upgrade().iter().flat_map(|this| &this.0) {
                    gauge.observe(count(what(to).load(Ordering::Relaxed)), &attributes(endpoint));
                }
            })
            .build();
    }

    pub(super) fn to(&self, endpoint: &Endpoint) -> Arc<ToReplica> {
        self.0.get(endpoint).cloned().unwrap_or_default()
    }
}

fn attributes(endpoint: &Endpoint) -> [KeyValue; 2] {
    [
        KeyValue::new("server.address", endpoint.host().to_owned()),
        KeyValue::new("server.port", i64::from(endpoint.port())),
    ]
}

impl ToReplica {
    /// One more worker may have so many in use.
    pub(super) fn allow(&self, more: usize) {
        self.most.fetch_add(more, Ordering::Relaxed);
        self.limit.fetch_add(more, Ordering::Relaxed);
    }

    /// A worker gives it so many calls at a time, no more so many as before.
    pub(super) fn change_limit(&self, before: usize, now: usize) {
        self.limit.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
        self.limit.fetch_sub(before.saturating_sub(now), Ordering::Relaxed);
    }

    /// One is open until this is dropped.
    pub(super) fn open(self: &Arc<Self>) -> Counted {
        Counted::of(self, |to| &to.open)
    }

    /// One is in use until this is dropped.
    pub(super) fn in_use(self: &Arc<Self>) -> Counted {
        Counted::of(self, |to| &to.in_use)
    }
}

/// Counts one as long as it lives.
pub(super) struct Counted {
    of: Arc<ToReplica>,
    what: fn(&ToReplica) -> &AtomicUsize,
}

impl Counted {
    fn of(of: &Arc<ToReplica>, what: fn(&ToReplica) -> &AtomicUsize) -> Self {
        what(of).fetch_add(1, Ordering::Relaxed);
        Self { of: Arc::clone(of), what }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.what)(&self.of).fetch_sub(1, Ordering::Relaxed);
    }
}
