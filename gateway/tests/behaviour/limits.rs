//! Who asks too fast is told when to come again.

use futures_util::future::join_all;

use crate::fixtures::{Gateway, Seen, admin_token, refused, user_token};

#[tokio::test(flavor = "multi_thread")]
async fn by_itself_the_gateway_limits_nobody() {
    let gateway = Gateway::start().await;

    for _ in 0..300 {
        assert_eq!(gateway.get("/event/").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_fast_is_429_and_told_when_to_come_again() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "20"];
    let gateway = Gateway::start_with(&flags, Seen::echo).await;

    let requests = std::iter::repeat_with(|| gateway.get("/event/")).take(40);
    let answers = join_all(requests).await;

    let refusals: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    // While they are sent, another may become free now and then.
    assert!((10..=20).contains(&refusals.len()), "{} of 40 were refused", refusals.len());
    for refusal in refusals {
        assert_eq!(refusal.outcome(), refused(429, "SYS-06"));
        assert_eq!(refusal.header("retry-after"), Some("1"));
        assert!(refusal.header("x-request-id").is_some());
    }
    assert_eq!(gateway.get("/health/").await.status, 200, "who watches over the gateway is not counted");
    assert_eq!(
        gateway.get("/nowhere/").await.outcome(),
        refused(404, "SYS-04"),
        "the route is judged before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_behind_a_proxy_of_ours_are_counted_apart() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "5", "--trusted-proxies", "1"];
    let gateway = Gateway::start_with(&flags, Seen::echo).await;
    let asked_by = async |forwarded_for: String| {
        let request = gateway.request("GET", "/event/").header("X-Forwarded-For", forwarded_for);
        gateway.send(request).await.status
    };

    let made_up = (0..30).map(|index| asked_by(format!("198.51.100.{index}, 203.0.113.1")));
    assert!(join_all(made_up).await.contains(&429), "what a client makes up does not make it another");
    assert_eq!(asked_by("203.0.113.2".to_owned()).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_asks_too_fast_is_429_and_others_are_not() {
    let flags = ["--user-rate-per-s", "1", "--user-burst", "5"];
    let gateway = Gateway::start_with(&flags, Seen::echo).await;
    let asked_by = async |token: String| {
        gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(token)).await.outcome()
    };

    let outcomes = join_all((0..30).map(|_| asked_by(user_token()))).await;

    assert!(outcomes.contains(&refused(429, "SYS-06")));
    assert_eq!(asked_by(admin_token()).await, (200, String::new()));
    assert_eq!(gateway.get("/event/").await.status, 200, "where nobody is known, no user is counted");
}
