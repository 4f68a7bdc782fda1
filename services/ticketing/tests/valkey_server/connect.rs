//! Seats in a Valkey server.

use std::{path::PathBuf, time::Duration};

use booked_failure::Failure;
use booked_ids::{EventId, UserId};
use booked_server::settings::Unchecked;
use booked_ticketing::{
    domain::count::SeatsWanted,
    outbound::valkey::{Lifetimes, Valkey, ValkeySeats, ValkeySettings},
    ports::{EventRecord, Holds as _, Inventory as _, LeaseNonce, Reserved},
};
use tokio::runtime::Handle;
use uuid::Uuid;

pub(crate) fn settings(url: &str, ca: Option<PathBuf>) -> ValkeySettings {
    let ca = ca.as_deref().map(|file| ("VALKEY_CA_FILE", file.to_str().unwrap()));
    let texts = [("VALKEY_URL", url), ("VALKEY_TIMEOUT_MS", "2000")];
    Unchecked::of(texts.into_iter().chain(ca)).check().unwrap()
}

/// Its connections live on this runtime.
pub(crate) fn pool(url: &str, ca: Option<PathBuf>, runtime: Handle) -> ValkeySeats {
    let minute = Duration::from_secs(60);
    let lifetimes = Lifetimes { hold: minute, claim: minute, load_lease: minute };
    ValkeySeats::new(Valkey::new(settings(url, ca), runtime), lifetimes)
}

pub(crate) fn event() -> EventId {
    EventId::new(1_900_000_000_000, [1; 16])
}

pub(crate) async fn publish(pool: &ValkeySeats) -> Result<bool, Failure> {
    let nonce = LeaseNonce(Uuid::from_u128(1));
    pool.acquire_load(event(), nonce).await?;
    pool.publish(EventRecord::new(event(), 8), nonce, &[]).await
}

pub(crate) async fn reserve(pool: &ValkeySeats) -> Result<Reserved, Failure> {
    let user = UserId::from_uuid(Uuid::from_u128(1));
    pool.reserve(event(), user, SeatsWanted::new(1).unwrap(), None).await.map(|answered| answered.what)
}
