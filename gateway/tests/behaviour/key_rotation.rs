//! Keys are rotated, and the user service comes and goes.

use std::{sync::Arc, time::Instant};

use crate::fixtures::{
    FakeService, Gateway, OLD_KEY, OTHER_KEY, PublishedKeys, SeenRequest, admin_token, refused,
    token_signed_by, until,
};

async fn outcome_with(gateway: &Gateway, token: &str) -> (u16, String) {
    gateway.send(gateway.request("GET", "/analytics/").bearer_auth(token)).await.outcome()
}

const GOOD: (u16, String) = (200, String::new());

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_key_that_was_just_published_is_valid_at_once() {
    // The timer alone would refresh after four minutes.
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "240000"], SeenRequest::echo).await;
    assert_eq!(outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await, refused(401, "USER-06"));

    gateway.keys.publish(&format!("{OTHER_KEY}{OLD_KEY}"));

    assert_eq!(outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await, GOOD);
    assert_eq!(outcome_with(&gateway, &admin_token()).await, GOOD, "rotating logs nobody out");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_key_that_was_withdrawn_end_within_a_refresh() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "200"], SeenRequest::echo).await;
    assert_eq!(outcome_with(&gateway, &admin_token()).await, GOOD);

    gateway.keys.publish(OTHER_KEY);

    until(|| async { outcome_with(&gateway, &admin_token()).await == refused(401, "USER-06") }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_only_key_is_withdrawn_every_token_is_rejected_until_there_is_another() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "200"], SeenRequest::echo).await;
    assert_eq!(outcome_with(&gateway, &admin_token()).await, GOOD);

    gateway.keys.publish("");

    until(|| async { outcome_with(&gateway, &admin_token()).await == refused(401, "USER-06") }).await;
    assert_eq!(outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await, refused(401, "USER-06"));

    gateway.keys.publish(OTHER_KEY);

    until(|| async { outcome_with(&gateway, &token_signed_by(OTHER_KEY)).await == GOOD }).await;
    assert_eq!(outcome_with(&gateway, &admin_token()).await, refused(401, "USER-06"), "not with the old key");
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_keys_do_not_make_the_gateway_flood_the_user_service() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "240000"], SeenRequest::echo).await;
    let (before, start) = (gateway.keys.fetched(), Instant::now());
    let foreign = token_signed_by(OTHER_KEY);

    for _ in 0..10 {
        let answers = std::iter::repeat_with(|| outcome_with(&gateway, &foreign)).take(20);
        for outcome in futures_util::future::join_all(answers).await {
            assert_eq!(outcome, refused(401, "USER-06"));
        }
    }

    let fetched = gateway.keys.fetched() - before;
    let ten_a_second = usize::try_from(start.elapsed().as_millis() / 100).unwrap() + 2;
    assert!(fetched <= ten_a_second, "{fetched} fetches for 200 tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_keys_are_kept_while_the_user_service_is_unavailable() {
    let gateway = Gateway::start_with(&["--jwks-refresh-interval-ms", "100"], SeenRequest::echo).await;
    assert_eq!(outcome_with(&gateway, &admin_token()).await, GOOD);

    gateway.service.stop().await;

    // The token is valid: it is the service behind that is unavailable.
    until(|| async { outcome_with(&gateway, &admin_token()).await == refused(503, "SYS-07") }).await;
    assert_eq!(outcome_with(&gateway, "nonsense").await, refused(401, "USER-06"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_has_never_had_a_key_says_so_and_recovers() {
    let keys = Arc::new(PublishedKeys::default());
    let service = FakeService::start(Arc::clone(&keys), SeenRequest::echo).await;
    let address = service.address().to_string();
    service.stop().await;
    let gateway = Gateway::in_front_of(&[], service, Arc::clone(&keys)).await;

    let answer = gateway.send(gateway.request("GET", "/analytics/").bearer_auth(admin_token())).await;
    assert_eq!(answer.outcome(), refused(503, "SYS-07"));
    assert!(answer.header("retry-after").is_some());
    let without = gateway.get("/analytics/").await;
    assert_eq!(without.outcome(), refused(401, "USER-06"), "a missing token is rejected, whatever the keys");

    let _service = FakeService::start_at(&address, keys, SeenRequest::echo).await;
    until(|| async { outcome_with(&gateway, &admin_token()).await == GOOD }).await;
}
