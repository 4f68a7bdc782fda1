//! Everything configurable, with all mistakes reported at once.

use std::time::Duration;

use booked_identity::internal::Credential;
use booked_postgres::{DatabaseArgs, DatabaseSettings};
use booked_server::{
    Endpoints,
    config::{CredentialArgs, HttpArgs, HttpSettings, Mistakes},
};
use clap::Args;

use crate::{
    inbound::jobs::{JobSettings, deliver::DeliverySettings},
    outbound::{
        notifier::{NotifierArgs, NotifierSettings},
        postgres::QueueSettings,
        valkey::{HoldLimit, Lifetimes, ValkeyArgs, ValkeySettings},
    },
    usecases::Contention,
};

/// What serving needs.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    credential: CredentialArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    valkey: ValkeyArgs,
    #[command(flatten)]
    notifier: NotifierArgs,
    /// Base URL of the event service; several replicas are separated by commas.
    #[arg(long, env = "EVENT_URL", value_name = "URL")]
    event_url: Option<String>,
    /// Longest time that a client waits for an answer to what changes something, in milliseconds; then the answer is 504,
    /// and what was begun goes on.
    #[arg(long, env = "REQUEST_TIMEOUT_MS", default_value = "2800", value_name = "MS")]
    request_timeout_ms: String,
    /// How long a reservation holds its seats, in milliseconds.
    #[arg(long, env = "HOLD_TTL_MS", default_value = "600000", value_name = "MS")]
    hold_ttl_ms: String,
    /// Seats of one event that a user may hold at a time, those that they gave up or let run out lately among them; one more
    /// is answered 429. 0: any number.
    #[arg(long, env = "HOLDS_PER_USER_MAX", default_value = "100", value_name = "COUNT")]
    holds_per_user_max: String,
    /// How long a hold that was not booked counts among a user's after it has ended, in milliseconds.
    #[arg(long, env = "HOLD_COOLDOWN_MS", default_value = "600000", value_name = "MS")]
    hold_cooldown_ms: String,
    /// How long a booking or a cancel may take before the janitor settles it, in milliseconds; must be longer than
    /// VALKEY_TIMEOUT_MS, BOOKING_QUEUE_WAIT_MAX_MS, DATABASE_ACQUIRE_TIMEOUT_MS and DATABASE_TIMEOUT_MS together.
    #[arg(long, env = "CLAIM_TTL_MS", default_value = "10000", value_name = "MS")]
    claim_ttl_ms: String,
    /// How long a process may take to load an event's inventory before another one may begin, in milliseconds.
    #[arg(long, env = "LOAD_LEASE_MS", default_value = "10000", value_name = "MS")]
    load_lease_ms: String,
    /// How long a request waits for others that load the same inventory, book the same tickets, cancel for the same user or join
    /// the same waitlist, in milliseconds.
    #[arg(long, env = "CONTENTION_WAIT_MAX_MS", default_value = "1500", value_name = "MS")]
    contention_wait_max_ms: String,
    /// Booking transactions at the same time, at most: one begins beside another where that takes long.
    #[arg(long, env = "BOOKING_TRANSACTIONS_MAX", default_value = "2", value_name = "COUNT")]
    booking_transactions_max: String,
    /// Bookings that may wait for a transaction; one more is answered 503.
    #[arg(long, env = "BOOKING_QUEUE_MAX", default_value = "4096", value_name = "COUNT")]
    booking_queue_max: String,
    /// Longest wait for a transaction, in milliseconds; then the answer is 503.
    #[arg(long, env = "BOOKING_QUEUE_WAIT_MAX_MS", default_value = "1000", value_name = "MS")]
    booking_queue_wait_max_ms: String,
    /// How often expired holds and overdue claims are looked for and those who wait are told, in milliseconds.
    #[arg(long, env = "JANITOR_INTERVAL_MS", default_value = "1000", value_name = "MS")]
    janitor_interval_ms: String,
    /// Age at which a notification to somebody who waited is given up where it still cannot be sent, in milliseconds. Until
    /// then it is tried again, after pauses that grow to an hour.
    #[arg(long, env = "NOTIFICATION_AGE_MAX_MS", default_value = "259200000", value_name = "MS")]
    notification_age_max_ms: String,
    /// How long the reconciler rests between two rounds over all events, in milliseconds.
    #[arg(long, env = "RECONCILER_INTERVAL_MS", default_value = "300000", value_name = "MS")]
    reconciler_interval_ms: String,
    /// How long the auditor rests between two pieces of all that it looks at, in milliseconds; one replica audits at a time.
    #[arg(long, env = "AUDITOR_INTERVAL_MS", default_value = "60000", value_name = "MS")]
    auditor_interval_ms: String,
}

/// What [`ServeArgs`] says, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) http: HttpSettings,
    pub(crate) credential: Credential,
    pub(crate) database: DatabaseSettings,
    pub(crate) valkey: ValkeySettings,
    pub(crate) notifier: NotifierSettings,
    pub(crate) event_url: Endpoints,
    pub(crate) request: Duration,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) hold_limit: HoldLimit,
    pub(crate) contention: Contention,
    pub(crate) queue: QueueSettings,
    pub(crate) jobs: JobSettings,
    pub(crate) delivery: DeliverySettings,
    pub(crate) audit_rest: Duration,
}

impl Config {
    /// From a claim to the end of the COMMIT: the claim's answer, the queue, a connection, the transaction.
    fn longest_booking(&self) -> Duration {
        self.valkey.timeout() + self.queue.wait + self.database.wait + self.database.work
    }
}

/// Between two looks at what others are doing.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Within these, lengths of time make sense.
const MS: std::ops::RangeInclusive<u64> = 1..=86_400_000;

/// Within these, ages of notifications make sense.
const AGE_MS: std::ops::RangeInclusive<u64> = 1..=2_592_000_000;

impl ServeArgs {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// All mistakes at once.
    pub fn check(&self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let config = self.read(&mut mistakes);
        if let Some(config) = &config
            && config.lifetimes.claim <= config.longest_booking()
        {
            mistakes.add(
                "CLAIM_TTL_MS",
                "must be longer than VALKEY_TIMEOUT_MS, BOOKING_QUEUE_WAIT_MAX_MS, DATABASE_ACQUIRE_TIMEOUT_MS and DATABASE_TIMEOUT_MS together",
            );
        }
        mistakes.finish(config)
    }

    fn read(&self, mistakes: &mut Mistakes) -> Option<Config> {
        let http = self.http.check(mistakes);
        let credential = self.credential.check(mistakes);
        let database = self.database.check(mistakes);
        let valkey = self.valkey.check(mistakes);
        let notifier = self.notifier.check(mistakes);
        let event_url = mistakes.endpoints("EVENT_URL", &self.event_url);
        let request = mistakes.millis("REQUEST_TIMEOUT_MS", &self.request_timeout_ms, MS);
        let hold = mistakes.millis("HOLD_TTL_MS", &self.hold_ttl_ms, MS);
        let holds_max = mistakes.number("HOLDS_PER_USER_MAX", &self.holds_per_user_max, 0..=1_000_000);
        let cooldown = mistakes.millis("HOLD_COOLDOWN_MS", &self.hold_cooldown_ms, 0..=86_400_000);
        let claim = mistakes.millis("CLAIM_TTL_MS", &self.claim_ttl_ms, MS);
        let load_lease = mistakes.millis("LOAD_LEASE_MS", &self.load_lease_ms, MS);
        let others = mistakes.millis("CONTENTION_WAIT_MAX_MS", &self.contention_wait_max_ms, MS);
        let flushers = mistakes.number("BOOKING_TRANSACTIONS_MAX", &self.booking_transactions_max, 1..=64);
        let length = mistakes.number("BOOKING_QUEUE_MAX", &self.booking_queue_max, 1..=1_000_000);
        let wait = mistakes.millis("BOOKING_QUEUE_WAIT_MAX_MS", &self.booking_queue_wait_max_ms, MS);
        let tick = mistakes.millis("JANITOR_INTERVAL_MS", &self.janitor_interval_ms, MS);
        let age_max = mistakes.millis("NOTIFICATION_AGE_MAX_MS", &self.notification_age_max_ms, AGE_MS);
        let audit_rest = mistakes.millis("AUDITOR_INTERVAL_MS", &self.auditor_interval_ms, MS);
        let reconcile_round = mistakes.millis("RECONCILER_INTERVAL_MS", &self.reconciler_interval_ms, MS);
        Some(Config {
            http: http?,
            credential: credential?,
            database: database?,
            valkey: valkey?,
            notifier: notifier?,
            event_url: event_url?,
            request: request?,
            lifetimes: Lifetimes { hold: hold?, claim: claim?, load_lease: load_lease? },
            hold_limit: HoldLimit { seats: holds_max?, cooldown: cooldown? },
            contention: Contention { wait_max: others?, poll: LOOK_AGAIN },
            queue: QueueSettings { flushers: flushers?, length: length?, wait: wait? },
            jobs: JobSettings { tick: tick?, reconcile_round: reconcile_round?, claim: claim? },
            delivery: DeliverySettings { tick: tick?, age_max: age_max? },
            audit_rest: audit_rest?,
        })
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

    /// What is wrong with these milliseconds of CLAIM_TTL_MS, where the waits are 1, 2, 4 and 8 of them.
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
