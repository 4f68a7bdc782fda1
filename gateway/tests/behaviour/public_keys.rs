//! The public keys, for those who verify tokens themselves.

use std::sync::Arc;

use booked_identity::{Jwks, Verifier};
use serde_json::{Value, json};

use crate::fixtures::{
    Answer, FakeService, Gateway, OLD_KEY, OTHER_KEY, PublishedKeys, SeenRequest, admin_token, refused,
    token_signed_by, until,
};

const PATH: &str = "/.well-known/jwks.json";
/// The names of the keys: their RFC 7638 thumbprints. RFC 8037, appendix A.3, has the first.
const OLD_KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn kids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    let keys = answer["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn outcome_with(gateway: &Gateway, token: &str) -> (u16, String) {
    gateway.send(gateway.request("GET", "/analytics/").bearer_auth(token)).await.outcome()
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_gets_the_keys_with_and_without_the_last_slash() {
    let gateway = Gateway::start().await;

    for path in [PATH, "/.well-known/jwks.json/"] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "no cache goes on publishing a key");
        assert_eq!(
            answer.json(),
            json!({"keys": [{
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "kid": OLD_KID,
                "use": "sig",
                "alg": "EdDSA",
            }]})
        );
    }
    let answer = gateway.send(gateway.request("POST", PATH)).await;
    assert_eq!(answer.outcome(), refused(405, "SYS-05"));
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_verified_with_what_is_published() {
    let gateway = Gateway::start().await;

    let jwks: Jwks = serde_json::from_value(gateway.get(PATH).await.json()).unwrap();

    let now = booked_server::unix_seconds(&booked_server::SystemClock);
    assert!(Verifier::new(&jwks).verify(&admin_token(), now).is_ok());
    assert!(Verifier::new(&jwks).verify(&token_signed_by(OTHER_KEY), now).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_as_long_as_its_tokens_are_accepted_and_no_longer() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "200"], SeenRequest::echo).await;
    gateway.keys.publish(&format!("{OTHER_KEY}{OLD_KEY}"));
    until(|| async { outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await.0 == 200 }).await;
    let both = kids(&gateway.get(PATH).await);
    assert_eq!((both.len(), both[1].as_str()), (2, OLD_KID), "in the order of the user service");

    gateway.keys.publish(OTHER_KEY);

    until(|| async { outcome_with(&gateway, &admin_token()).await == refused(401, "USER-06") }).await;
    assert_eq!(kids(&gateway.get(PATH).await), both[..1]);

    gateway.keys.publish("");

    until(|| async { outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await.0 == 401 }).await;
    assert_eq!(gateway.get(PATH).await.json(), json!({"keys": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_sign_no_tokens_are_not_published() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "100"], SeenRequest::echo).await;
    let mut set: Value = gateway.get(PATH).await.json();
    let good = set["keys"][0].clone();
    let with = |field: &str, value: &str| {
        let mut key = good.clone();
        key[field] = json!(value);
        key
    };
    let others = [with("use", "enc"), with("alg", "ES256"), with("kty", "RSA"), with("x", "AAAA")];
    set["keys"] = others.into_iter().chain([with("kid", "known")]).collect();

    gateway.keys.publish_set(serde_json::from_value(set).unwrap());

    until(|| async { kids(&gateway.get(PATH).await) != [OLD_KID] }).await;
    assert_eq!(kids(&gateway.get(PATH).await), ["known"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_has_never_had_a_key_says_so() {
    let keys = Arc::new(PublishedKeys::default());
    let service = FakeService::start(Arc::clone(&keys), SeenRequest::echo).await;
    service.stop().await;
    let gateway = Gateway::in_front_of(&[], service, keys).await;

    let answer = gateway.get(PATH).await;

    assert_eq!(answer.outcome(), refused(503, "SYS-07"));
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_keys_are_published_while_the_user_service_is_unavailable() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "100"], SeenRequest::echo).await;

    gateway.service.stop().await;

    // The token is valid: it is the service behind that is unavailable.
    until(|| async { outcome_with(&gateway, &admin_token()).await == refused(503, "SYS-07") }).await;
    assert_eq!(kids(&gateway.get(PATH).await), [OLD_KID]);
}
