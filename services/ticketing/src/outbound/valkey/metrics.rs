//! How long Valkey takes for each script and command, by the names of OpenTelemetry's semantic conventions.

use std::time::Duration;

use booked_failure::Failure;
use booked_telemetry::durations;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};

use crate::ports::Reserved;

/// Shown from the start.
pub(super) fn holds_refused() -> Counter<u64> {
    let refused = opentelemetry::global::meter("booked-ticketing")
        .u64_counter("booked_holds_refused")
        .with_description(
            "Reservations refused since their user held, or held lately, too many seats of the event",
        )
        .build();
    refused.add(0, &[]);
    refused
}

/// Counts reservations that were refused, by reason.
#[derive(Clone, Debug)]
pub(super) struct RefusedReservations(Counter<u64>);

impl RefusedReservations {
    /// Each reason is shown from the start.
    pub(super) fn new() -> Self {
        let refused = opentelemetry::global::meter("booked-ticketing")
            .u64_counter("booked_reservations_refused")
            .with_description("Reservations that were refused, by reason")
            .build();
        let this = Self(refused);
        let reasons =
            ["too_few", "not_on_sale_yet", "closed", "event_cancelled", "over_limit", "too_many_held"];
        reasons.into_iter().for_each(|reason| this.add(reason, 0));
        this
    }

    /// Counts what came of a reservation, if it was refused for good.
    pub(super) fn count(&self, reserved: &Reserved) {
        let reason = match reserved {
            Reserved::TooFew => "too_few",
            Reserved::NotOnSaleYet { .. } => "not_on_sale_yet",
            Reserved::Closed => "closed",
            Reserved::EventCancelled => "event_cancelled",
            Reserved::OverLimit { .. } => "over_limit",
            Reserved::TooManyHeld { .. } => "too_many_held",
            Reserved::Held { .. }
            | Reserved::NotNoted { .. }
            | Reserved::NotLoaded
            | Reserved::OtherRequest => return,
        };
        self.add(reason, 1);
    }

    fn add(&self, reason: &'static str, count: u64) {
        self.0.add(count, &[KeyValue::new("reason", reason)]);
    }
}

#[derive(Clone)]
pub(super) struct Durations(Histogram<f64>);

impl Durations {
    pub(super) fn new() -> Self {
        let description = "Time that a script or command takes in Valkey";
        Self(durations("booked-ticketing", "db.client.operation.duration", description))
    }

    pub(super) fn record<T>(&self, operation: &str, result: &Result<T, Failure>, took: Duration) {
        let mut attributes = vec![
            KeyValue::new("db.system.name", "valkey"),
            KeyValue::new("db.operation.name", operation.to_owned()),
        ];
        let failure = result.as_ref().err().map(Failure::kind);
        attributes.extend(failure.map(|failure| KeyValue::new("error.type", failure)));
        self.0.record(took.as_secs_f64(), &attributes);
    }
}
