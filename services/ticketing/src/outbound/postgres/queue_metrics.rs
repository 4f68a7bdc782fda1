//! What the booking queue measures of itself.

use booked_telemetry::count;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

use super::book::{Booking, Verdict};

const SCOPE: &str = "booked-ticketing";

#[derive(Clone, Debug)]
pub(super) struct QueueMetrics {
    sizes: Histogram<u64>,
    refused: Counter<u64>,
    seats_sold: Counter<u64>,
}

/// Why a booking was refused before a transaction had begun with it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refused {
    Full,
    Late,
}

impl QueueMetrics {
    pub(super) fn new() -> Self {
        let meter = global::meter(SCOPE);
        let this = Self {
            sizes: meter
                .u64_histogram("booked_group_commit_size")
                .with_description("Bookings that shared a transaction")
                .with_boundaries(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
                .build(),
            refused: meter
                .u64_counter("booked_bookings_refused")
                .with_description("Bookings that found the queue full, or waited in it for too long")
                .build(),
            seats_sold: meter
                .u64_counter("booked_seats_sold")
                .with_description("Seats of bookings that this process committed")
                .build(),
        };
        this.seats_sold.add(0, &[]);
        this.refuse(Refused::Full, 0);
        this.refuse(Refused::Late, 0);
        this
    }

    /// Shows how full the queue is whenever metrics are read, as long as the queue exists.
    pub(super) fn show_length(most: usize, waiting: impl Fn() -> Option<usize> + Send + Sync + 'static) {
        let meter = global::meter(SCOPE);
        meter
            .u64_observable_gauge("booked_bookings_waiting")
            .with_description("Bookings that wait for a transaction")
            .with_callback(move |gauge| {
                waiting().into_iter().for_each(|waiting| gauge.observe(count(waiting), &[]));
            })
            .build();
        meter
            .u64_observable_gauge("booked_bookings_waiting_max")
            .with_description("Bookings that may wait for a transaction")
            .with_callback(move |gauge| gauge.observe(count(most), &[]))
            .build();
    }

    pub(super) fn refuse(&self, why: Refused, bookings: u64) {
        let why = match why {
            Refused::Full => "full",
            Refused::Late => "late",
        };
        self.refused.add(bookings, &[KeyValue::new("why", why)]);
    }

    pub(super) fn begin(&self, bookings: usize) {
        self.sizes.record(count(bookings), &[]);
    }

    pub(super) fn decide(&self, booking: &Booking, verdict: Verdict) {
        if matches!(verdict, Verdict::Booked) {
            self.seats_sold.add(count(booking.tickets.len()), &[]);
        }
    }
}
