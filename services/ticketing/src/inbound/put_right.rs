//! How many seats the jobs put right, by whom and how, and how many maps.

use opentelemetry::{KeyValue, metrics::Counter};

use crate::usecases::{Reconciled, Settled};

const JANITOR: &str = "janitor";
const RECONCILER: &str = "reconciler";

/// The counters; clones are the same.
#[derive(Clone)]
pub(super) struct PutRight {
    seats: Counter<u64>,
    maps: Counter<u64>,
}

impl PutRight {
    /// All kinds are shown from the start, so that the first seat that is put right is seen as a rise.
    pub(super) fn new() -> Self {
        let meter = opentelemetry::global::meter("booked-ticketing");
        let this = Self {
            seats: meter
                .u64_counter("booked_seats_put_right")
                .with_description("Seats whose state in Valkey was put right, by whom and how")
                .build(),
            maps: meter
                .u64_counter("booked_maps_put_right")
                .with_description("Maps whose count of taken seats, or whose hint, was put right")
                .build(),
        };
        this.by_the_janitor(Settled::default());
        this.by_the_reconciler(Reconciled::default());
        this
    }

    pub(super) fn by_the_janitor(&self, Settled { finished, given_back, freed }: Settled) {
        self.add(JANITOR, [("finished", finished), ("given_back", given_back), ("freed", freed)]);
    }

    pub(super) fn by_the_reconciler(&self, Reconciled { freed, set, grown, recounted }: Reconciled) {
        self.add(RECONCILER, [("freed", freed), ("set", set), ("grown", grown)]);
        self.maps.add(u64::from(recounted), &[]);
    }

    fn add(&self, by: &'static str, kinds: [(&'static str, u32); 3]) {
        for (kind, seats) in kinds {
            self.seats.add(u64::from(seats), &[KeyValue::new("by", by), KeyValue::new("kind", kind)]);
        }
    }
}
