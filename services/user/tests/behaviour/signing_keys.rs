//! The keys that sign tokens: rotated while the service runs, without logging anyone out.

use std::fs;

use booked_identity::{Jwks, SigningKeys};
use booked_server::{SystemClock, unix_seconds};

use crate::support::{PASSWORD, Service, eventually, migrated};

const EMAIL: &str = "ada@example.com";
const SOON: (&str, &str) = ("--signing-keys-reload-interval-ms", "10");

async fn published(service: &Service) -> Vec<String> {
    let jwks: Jwks = serde_json::from_str(&service.get("/internal/jwks").await.text).unwrap();
    jwks.keys.into_iter().map(|key| key.kid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_first_and_signs_later_while_old_tokens_stay_good() {
    let service = Service::start_with(&[SOON], |adapters| adapters).await;
    service.register(EMAIL, PASSWORD).await;
    let by_old = service.log_in(EMAIL, PASSWORD).await;
    let [old] = &published(&service).await[..] else { panic!("not one key") };

    let new = SigningKeys::generate(service.keys.path(), "000002").unwrap().to_string();
    eventually("both keys are published", async || published(&service).await == [old.clone(), new.clone()])
        .await;
    let file = |name: &str| service.keys.path().join(name);
    fs::rename(file("000001.pem"), file("retired-000001.pem")).unwrap();
    eventually("the new key signs", async || published(&service).await == [new.clone(), old.clone()]).await;

    let by_new = service.log_in(EMAIL, PASSWORD).await;
    let now = unix_seconds(&SystemClock);
    assert_eq!(
        service.read_token(&by_old, now).await.identity,
        service.read_token(&by_new, now).await.identity
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_key_that_is_deleted_is_published_and_signs_no_more() {
    let service = Service::start_with(&[SOON], |adapters| adapters).await;
    service.register(EMAIL, PASSWORD).await;
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");

    fs::remove_file(service.keys.path().join("000001.pem")).unwrap();

    eventually("no key is published", async || published(&service).await.is_empty()).await;
    let refused = service.log_in(EMAIL, PASSWORD).await;
    assert_eq!(refused.said(), "503 SYS-07");
    assert!(refused.retry_after.is_some());

    let new = SigningKeys::generate(service.keys.path(), "000002").unwrap().to_string();
    eventually("the new key is published", async || published(&service).await == [new.clone()]).await;
    assert_eq!(service.log_in(EMAIL, PASSWORD).await.said(), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_no_longer_published_even_while_the_database_is_unavailable() {
    let nowhere = ("--database-url", "postgres://booked@127.0.0.1:1/booked");
    let service = Service::begin(migrated(), &[nowhere, SOON], |adapters| adapters).await;
    assert_eq!(published(&service).await.len(), 1);

    fs::remove_file(service.keys.path().join("000001.pem")).unwrap();

    eventually("no key is published", async || published(&service).await.is_empty()).await;
    assert!(!service.lifecycle.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_that_is_deleted_ends_though_another_file_is_broken() {
    let service = Service::start_with(&[SOON], |adapters| adapters).await;
    let new = SigningKeys::generate(service.keys.path(), "000002").unwrap().to_string();
    fs::write(service.keys.path().join("000003.pem"), "half a key").unwrap();

    fs::remove_file(service.keys.path().join("000001.pem")).unwrap();

    eventually("the new key alone is left", async || published(&service).await == [new.clone()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_half_written_takes_no_key_away_at_once_and_keeps_no_other_from_coming() {
    let service = Service::start_with(&[SOON], |adapters| adapters).await;
    let [first] = &published(&service).await[..] else { panic!("not one key") };

    fs::write(service.keys.path().join("000001.pem"), "half a key").unwrap();
    let another = SigningKeys::generate(service.keys.path(), "000002").unwrap().to_string();

    let both = [first.clone(), another];
    eventually("both keys are published", async || published(&service).await == both).await;
}
