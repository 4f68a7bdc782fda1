//! Everything that is configurable.

use booked_identity::internal::Credential;
use booked_postgres::DatabaseSettings;
use booked_server::{Endpoints, config::HttpSettings};

booked_server::settings! {
    /// What `serve` needs.
    #[derive(Clone, Debug)]
    pub struct Config {
        pub http: HttpSettings;
        pub credential: Credential;
        pub database: DatabaseSettings;
        /// Base URL of ticketing, whose feed is counted; several replicas are separated by commas.
        pub ticketing: Endpoints = "TICKETING_URL";
    }
}
