//! Everything that can be configured.

use std::time::Duration;

use booked_identity::internal::Credential;
use booked_postgres::DatabaseSettings;
use booked_server::{
    Endpoints,
    config::{ConfigErrors, HttpSettings},
    settings::Unchecked,
};

use crate::{
    inbound::jobs::{JobSettings, deliver::DeliverySettings},
    outbound::{
        notifier::NotifierSettings,
        postgres::QueueSettings,
        valkey::{HoldLimit, Lifetimes, ValkeySettings},
    },
    usecases::Contention,
};

booked_server::settings! {
    /// What serving needs.
    #[derive(Clone, Debug)]
    pub struct Config {
        pub(crate) http: HttpSettings;
        pub(crate) credential: Credential;
        pub(crate) database: DatabaseSettings;
        pub(crate) valkey: ValkeySettings;
        pub(crate) notifier: NotifierSettings;
        /// Base URL of the event service; several replicas are separated by commas.
        pub(crate) event_url: Endpoints = "EVENT_URL";
        /// Base URL of the user service, which knows where mail to users goes; several replicas are separated by commas. Without
        /// it those who have tickets of a cancelled event are not told until it is set.
        pub(crate) user_url: Option<Endpoints> = optional "USER_URL";
        /// Longest time that a client waits for an answer to what changes something, in milliseconds; then the answer is 504,
        /// and what was begun goes on.
        pub(crate) request: Duration = "REQUEST_TIMEOUT_MS", default 2800, range 1..=86_400_000;
        pub(crate) lifetimes: Lifetimes;
        pub(crate) hold_limit: HoldLimit;
        /// How long a request waits for others that load the same inventory, book the same tickets, cancel for the same user or
        /// join the same waitlist, in milliseconds.
        contention_wait_max: Duration = "CONTENTION_WAIT_MAX_MS", default 1500, range 1..=86_400_000;
        pub(crate) queue: QueueSettings;
        /// How often expired holds and overdue claims are looked for and those who wait are notified, in milliseconds.
        janitor_interval: Duration = "JANITOR_INTERVAL_MS", default 1000, range 1..=86_400_000;
        /// Age at which a notification to somebody who waited is given up if it still cannot be sent, in milliseconds. Until
        /// then it is tried again, after pauses that grow to an hour.
        notification_age_max: Duration = "NOTIFICATION_AGE_MAX_MS", default 259_200_000, range 1..=2_592_000_000;
        /// How long the reconciler rests between two rounds over all events, in milliseconds.
        reconciler_interval: Duration = "RECONCILER_INTERVAL_MS", default 300_000, range 1..=86_400_000;
        /// How long the auditor rests between two pieces of all that it checks, in milliseconds; one replica audits at a time.
        pub(crate) auditor_interval: Duration = "AUDITOR_INTERVAL_MS", default 60_000, range 1..=86_400_000;
    }
    check Config::claims_outlast_bookings;
}

/// The settings for serving as they are given.
pub type ServeArgs = Unchecked<Config>;

/// Between two looks at what others are doing.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Config {
    pub(crate) fn contention(&self) -> Contention {
        Contention { wait_max: self.contention_wait_max, poll: LOOK_AGAIN }
    }

    pub(crate) fn jobs(&self) -> JobSettings {
        JobSettings {
            tick: self.janitor_interval,
            reconcile_round: self.reconciler_interval,
            claim: self.lifetimes.claim,
        }
    }

    pub(crate) fn delivery(&self) -> DeliverySettings {
        DeliverySettings { tick: self.janitor_interval, age_max: self.notification_age_max }
    }

    fn claims_outlast_bookings(&self, errors: &mut ConfigErrors) {
        // From a claim to the end of the COMMIT: the claim's answer, the queue, a connection, the transaction.
        let longest_booking =
            self.valkey.timeout() + self.queue.wait + self.database.wait + self.database.work;
        if self.lifetimes.claim <= longest_booking {
            errors.add(
                "CLAIM_TTL_MS",
                "must be longer than VALKEY_TIMEOUT_MS, BOOKING_QUEUE_WAIT_MAX_MS, DATABASE_ACQUIRE_TIMEOUT_MS \
                 and DATABASE_TIMEOUT_MS together",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    /// What is wrong with these milliseconds of CLAIM_TTL_MS, if the waits are 1, 2, 4 and 8 of them.
    fn mistakes_of(claim_ttl_ms: u32) -> Option<String> {
        let line = format!(
            "test --database-url postgres://localhost/x --valkey-url redis://localhost --event-url http://localhost \
             --internal-credential a-secret-of-the-tests-32-bytes-long --valkey-timeout-ms 1 --booking-queue-wait-max-ms 2 \
             --database-acquire-timeout-ms 4 --database-timeout-ms 8 --claim-ttl-ms {claim_ttl_ms}"
        );
        let line = Line::try_parse_from(line.split_whitespace()).unwrap();
        line.serve.check().err().map(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_claim_must_outlast_all_waits_of_a_booking() {
        assert_eq!(mistakes_of(16), None);
        let mistakes = mistakes_of(15).unwrap();
        assert!(
            mistakes.contains("CLAIM_TTL_MS") && mistakes.contains("DATABASE_ACQUIRE_TIMEOUT_MS"),
            "{mistakes}"
        );
    }
}
