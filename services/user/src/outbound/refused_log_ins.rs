//! How many log-ins and registrations were refused without checking the password, and why.

use opentelemetry::{KeyValue, metrics::Counter};

/// Why one was refused.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    /// There were failed attempts to log in to the same account before.
    Slowed,
    /// The queue is full.
    QueueFull,
    /// It waited too long, or its caller no longer waits.
    Late,
}

pub(super) struct RefusedLogIns(Counter<u64>);

impl RefusedLogIns {
    /// All reasons are exported from the start, so that the first refusal shows as an increase.
    pub(super) fn new() -> Self {
        let this = Self(
            opentelemetry::global::meter("booked-user")
                .u64_counter("booked_user_log_ins_refused")
                .with_description(
                    "Log-ins and registrations refused before the password was hashed, by reason",
                )
                .build(),
        );
        for reason in [Reason::Slowed, Reason::QueueFull, Reason::Late] {
            this.0.add(0, &[label(reason)]);
        }
        this
    }

    pub(super) fn count(&self, reason: Reason) {
        self.0.add(1, &[label(reason)]);
    }
}

fn label(reason: Reason) -> KeyValue {
    let reason = match reason {
        Reason::Slowed => "slowed",
        Reason::QueueFull => "queue_full",
        Reason::Late => "late",
    };
    KeyValue::new("reason", reason)
}
