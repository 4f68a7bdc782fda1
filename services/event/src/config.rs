//! Everything that can be configured.

use std::time::Duration;

use booked_identity::internal::Credential;
use booked_postgres::DatabaseSettings;
use booked_server::{Endpoints, config::HttpSettings, settings::Unchecked};

booked_server::settings! {
    /// What serving needs.
    #[derive(Clone, Debug)]
    pub struct Config {
        pub(crate) http: HttpSettings;
        pub(crate) credential: Credential;
        pub(crate) database: DatabaseSettings;
        pub(crate) ticketing: TicketingSettings;
        pub(crate) reads: ReadSettings;
        /// How long the texts of a deleted event are kept, in seconds.
        pub(crate) deleted_kept: Duration = "DELETED_EVENT_RETENTION_S", default 3600, range 0..=31_536_000;
    }
}

booked_server::settings! {
    /// Where ticketing is, and how long it may take.
    #[derive(Clone, Debug)]
    pub(crate) struct TicketingSettings {
        /// Base URLs of ticketing's replicas, separated by commas.
        pub(crate) endpoints: Endpoints = "TICKETING_URL";
        /// Longest wait for ticketing to count free seats, in milliseconds; then the answer is 503.
        pub(crate) timeout: Duration = "TICKETING_TIMEOUT_MS", default 2000, range 1..=60_000;
        /// Longest wait for ticketing to learn of a change before it is answered, in milliseconds.
        pub(crate) catch_up_timeout: Duration = "CATCH_UP_TIMEOUT_MS", default 500, range 1..=60_000;
        /// Longest wait for ticketing to confirm new terms of a sale or that an event is cancelled, in milliseconds; then
        /// the answer is 504.
        pub(crate) confirm_timeout: Duration = "CONFIRM_TIMEOUT_MS", default 1500, range 1..=60_000;
    }
}

booked_server::settings! {
    /// What reading events may cost.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct ReadSettings {
        /// Longest time until a reader of events is answered, in milliseconds; then it is 503.
        pub(crate) timeout: Duration = "READ_TIMEOUT_MS", default 2500, range 1..=60_000;
        /// Most different reads of events in flight at once. Equal ones count as one; further ones are answered 503.
        pub(crate) reads_max: usize = "READS_MAX", default 256, range 1..=100_000;
    }
}

/// The settings for serving as they are given.
pub type ServeArgs = Unchecked<Config>;
