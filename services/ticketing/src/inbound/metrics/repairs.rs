//! How many seats the jobs repaired, by which job and how, and how many inventories.

use opentelemetry::{KeyValue, metrics::Counter};

use crate::usecases::{Reconciled, Settled};

const JANITOR: &str = "janitor";
const RECONCILER: &str = "reconciler";

/// The counters; clones are the same.
#[derive(Clone)]
pub(in crate::inbound) struct RepairMetrics {
    seats: Counter<u64>,
    maps: Counter<u64>,
}

impl RepairMetrics {
    /// All kinds are shown from the start, so that the first repaired seat shows as a rise.
    pub(in crate::inbound) fn new() -> Self {
        let meter = opentelemetry::global::meter("booked-ticketing");
        let this = Self {
            seats: meter
                .u64_counter("booked_seats_repaired")
                .with_description("Seats whose state in Valkey was put right, by whom and how")
                .build(),
            maps: meter
                .u64_counter("booked_inventories_repaired")
                .with_description("Maps whose count of taken seats, or whose hint, was put right")
                .build(),
        };
        this.by_janitor(Settled::default());
        this.by_reconciler(Reconciled::default());
        this
    }

    pub(in crate::inbound) fn by_janitor(&self, Settled { finished, restored, freed }: Settled) {
        self.add(JANITOR, [("finished", finished), ("restored", restored), ("freed", freed)]);
    }

    pub(in crate::inbound) fn by_reconciler(&self, Reconciled { freed, set, grown, recounted }: Reconciled) {
        self.add(RECONCILER, [("freed", freed), ("set", set), ("grown", grown)]);
        self.maps.add(u64::from(recounted), &[]);
    }

    fn add(&self, by: &'static str, kinds: [(&'static str, u32); 3]) {
        for (kind, seats) in kinds {
            self.seats.add(u64::from(seats), &[KeyValue::new("by", by), KeyValue::new("kind", kind)]);
        }
    }
}
