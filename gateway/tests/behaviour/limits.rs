//! A client that asks too fast learns when to retry.

use futures_util::future::join_all;

use crate::fixtures::{Gateway, SeenRequest, admin_token, refused, user_token};

#[tokio::test(flavor = "multi_thread")]
async fn the_default_limit_stops_a_flood_and_not_a_household() {
    let flags = ["--address-rate-per-s", "500", "--address-burst", "5000"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let logged_in = async || gateway.send(gateway.request("POST", "/user/login/")).await.outcome();

    for _ in 0..20 {
        assert_eq!(logged_in().await, (200, String::new()));
    }
    for _ in 0..300 {
        assert_eq!(gateway.get("/event/").await.status, 200);
    }

    let flood = join_all((0..200).map(|_| logged_in())).await;
    assert!(flood.contains(&refused(429, "SYS-06")), "{flood:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_costs_as_much_as_fifty_reads() {
    for (method, path, most) in
        [("POST", "/user/login/", 4), ("POST", "/user/register/", 4), ("GET", "/event/", 200)]
    {
        let flags = ["--address-rate-per-s", "1", "--address-burst", "200"];
        let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
        let status_now = async || gateway.send(gateway.request(method, path)).await.status;
        for _ in 0..most {
            assert_eq!(status_now().await, 200, "{method} {path}");
        }
        assert!(join_all((0..most).map(|_| status_now())).await.contains(&429), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_a_route_are_counted_too() {
    for (method, path, status) in
        [("GET", "/nowhere/", 404), ("PUT", "/event/", 405), ("POST", "/event/", 401)]
    {
        let flags = ["--address-rate-per-s", "1", "--address-burst", "10"];
        let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
        let status_now = async || gateway.send(gateway.request(method, path)).await.status;
        assert_eq!(status_now().await, status);
        assert!(join_all((0..40).map(|_| status_now())).await.contains(&429), "{method} {path}");
        assert_eq!(gateway.get("/health/").await.status, 200, "health checks are not counted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_replicas_allows_its_share() {
    let flags = ["--address-rate-per-s", "10", "--address-burst", "100", "--gateway-replicas", "10"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    for _ in 0..10 {
        assert_eq!(gateway.get("/event/").await.status, 200);
    }
    let statuses = join_all((0..60).map(|_| gateway.get("/event/"))).await;
    assert!(statuses.iter().any(|answer| answer.status == 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_fast_gets_429_and_when_to_retry() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "20"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let requests = std::iter::repeat_with(|| gateway.get("/event/")).take(40);
    let answers = join_all(requests).await;

    let refusals: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    // While they are sent, another one may be allowed now and then.
    assert!((10..=20).contains(&refusals.len()), "{} of 40 were refused", refusals.len());
    for refusal in refusals {
        assert_eq!(refusal.outcome(), refused(429, "SYS-06"));
        assert_eq!(refusal.header("retry-after"), Some("1"));
        assert!(refusal.header("x-request-id").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_behind_a_proxy_of_ours_are_counted_separately() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "5", "--trusted-proxies", "1"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let status_for = async |forwarded_for: String| {
        let request = gateway.request("GET", "/event/").header("X-Forwarded-For", forwarded_for);
        gateway.send(request).await.status
    };

    let made_up = (0..30).map(|index| status_for(format!("198.51.100.{index}, 203.0.113.1")));
    assert!(join_all(made_up).await.contains(&429), "what a client makes up does not make it another");
    assert_eq!(status_for("203.0.113.2".to_owned()).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_asks_too_fast_gets_429_and_others_do_not() {
    let flags = ["--user-rate-per-s", "1", "--user-burst", "5"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let status_for = async |token: String| {
        gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(token)).await.outcome()
    };

    let outcomes = join_all((0..30).map(|_| status_for(user_token()))).await;

    assert!(outcomes.contains(&refused(429, "SYS-06")));
    assert_eq!(status_for(admin_token()).await, (200, String::new()));
    assert_eq!(gateway.get("/event/").await.status, 200, "a request without a user is not counted as one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_many_tickets_costs_more_and_admins_are_not_limited() {
    let flags = ["--user-rate-per-s", "1", "--user-burst", "100"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let ids = vec!["01900000-0000-8000-8000-000000000001"; 1_000];
    let booked = async |token: String| {
        let request = gateway.request("POST", "/ticket/book/").bearer_auth(token);
        gateway.send(request.json(&serde_json::json!({"ticket_ids": ids}))).await.status
    };

    let statuses = join_all((0..10).map(|_| booked(user_token()))).await;
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!((1..=3).contains(&taken), "{statuses:?}");
    for _ in 0..10 {
        assert_eq!(booked(admin_token()).await, 200);
    }
}
