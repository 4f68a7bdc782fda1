//! The keys that sign tokens: rotated while the service runs, without logging anybody out.

use std::fs;

use booked_identity::{Jwks, SigningKeys};
use booked_server::{SystemClock, unix_seconds};

use crate::support::{PASSWORD, Service, eventually};

const EMAIL: &str = "ada@example.com";
const SOON: (&str, &str) = ("--signing-keys-reload-ms", "10");

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
async fn a_folder_that_cannot_be_used_leaves_the_keys_as_they_were() {
    let service = Service::start_with(&[SOON], |adapters| adapters).await;
    let before = published(&service).await;
    let key = fs::read(service.keys.path().join("000001.pem")).unwrap();

    fs::write(service.keys.path().join("000001.pem"), "half a key").unwrap();
    let another = SigningKeys::generate(service.keys.path(), "000002").unwrap().to_string();
    for _ in 0..20 {
        assert_eq!(published(&service).await, before);
    }

    fs::write(service.keys.path().join("000001.pem"), key).unwrap();
    eventually("the keys are read again", async || published(&service).await.contains(&another)).await;
}
