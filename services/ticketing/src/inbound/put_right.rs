//! How many seats the jobs put right, by whom and how.

use opentelemetry::{KeyValue, metrics::Counter};

use crate::usecases::{Reconciled, Settled};

const JANITOR: &str = "janitor";
const RECONCILER: &str = "reconciler";

/// The counter; clones are the same.
#[derive(Clone)]
pub(super) struct PutRight(Counter<u64>);

impl PutRight {
    /// All kinds are shown from the start, so that the first seat that is put right is seen as a rise.
    pub(super) fn new() -> Self {
        let this = Self(
            opentelemetry::global::meter("booked-ticketing")
                .u64_counter("booked_seats_put_right")
                .with_description("Seats whose state in Valkey was put right, by whom and how")
                .build(),
        );
        this.by_the_janitor(Settled::default());
        this.by_the_reconciler(Reconciled::default());
        this
    }

    pub(super) fn by_the_janitor(&self, Settled { finished, given_back, freed }: Settled) {
        self.add(JANITOR, [("finished", finished), ("given_back", given_back), ("freed", freed)]);
    }

    pub(super) fn by_the_reconciler(&self, Reconciled { freed, set, grown }: Reconciled) {
        self.add(RECONCILER, [("freed", freed), ("set", set), ("grown", grown)]);
    }

    fn add(&self, by: &'static str, kinds: [(&'static str, u32); 3]) {
        for (kind, seats) in kinds {
            self.0.add(u64::from(seats), &[KeyValue::new("by", by), KeyValue::new("kind", kind)]);
        }
    }
}
