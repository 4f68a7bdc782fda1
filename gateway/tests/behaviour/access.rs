//! Who may use which route.

use booked_gateway::routes::{Access, Handler, Method, ROUTES, Route};

use crate::fixtures::{Gateway, OTHER_KEY, admin_token, expired_token, refused, token_signed_by, user_token};

fn service_routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| matches!(route.handler, Handler::Service(_)))
}

fn method(route: &Route) -> &'static str {
    match route.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_admits_those_that_the_contract_names_and_nobody_else() {
    let gateway = Gateway::start().await;
    let tokens = [
        ("no token", None),
        ("a user's", Some(user_token())),
        ("an admin's", Some(admin_token())),
        ("an expired one", Some(expired_token())),
        ("a foreign one", Some(token_signed_by(OTHER_KEY))),
        ("nonsense", Some("nonsense".to_owned())),
    ];

    for route in service_routes() {
        for (whose, token) in &tokens {
            let mut request = gateway.request(method(route), &route.path.replace("{id}", "some-id"));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let expected = match (route.access, *whose) {
                (Access::Anyone, _)
                | (Access::Users, "a user's" | "an admin's")
                | (Access::Admins, "an admin's") => (200, String::new()),
                (Access::Admins, "a user's") => refused(401, "USER-01"),
                _ => refused(401, "USER-06"),
            };
            let answer = gateway.send(request).await;
            assert_eq!(answer.outcome(), expected, "{} {} with {whose}", method(route), route.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_learns_who_asks() {
    let gateway = Gateway::start().await;

    let answer = gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(user_token())).await;

    let headers = &answer.json()["headers"];
    assert_eq!(headers["x-booked-user-id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(headers["x-booked-user-role"], "user");
    // base64url of ünal+user@example.org
    assert_eq!(headers["x-booked-user-email"], "w7xuYWwrdXNlckBleGFtcGxlLm9yZw");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_route_for_anyone_a_service_learns_of_no_user() {
    let gateway = Gateway::start().await;

    let answer = gateway.send(gateway.request("GET", "/event/").bearer_auth(user_token())).await;

    assert!(!answer.body.contains("x-booked-user"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_somebody_by_headers() {
    let gateway = Gateway::start().await;
    let forged = |request: reqwest::RequestBuilder| {
        request
            .header("X-Booked-Credential", "made-up")
            .header("X-Booked-User-Id", "00000000-0000-0000-0000-000000000009")
            .header("X-Booked-User-Email", "YQ")
            .header("X-Booked-User-Role", "admin")
    };

    let nobody = gateway.send(forged(gateway.request("GET", "/analytics/"))).await;
    assert_eq!(nobody.outcome(), refused(401, "USER-06"));

    let anyone = gateway.send(forged(gateway.request("GET", "/event/"))).await;
    assert_eq!(anyone.status, 200);
    assert!(!anyone.body.contains("x-booked-user"), "{}", anyone.body);

    let user =
        gateway.send(forged(gateway.request("GET", "/user/bookings/").bearer_auth(user_token()))).await;
    assert_eq!(user.json()["headers"]["x-booked-user-role"], "user");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_is_read_in_any_case_and_nothing_else_is_a_token() {
    let gateway = Gateway::start().await;
    let token = user_token();
    let outcome_with = async |authorization: &str| {
        let request = gateway.request("GET", "/user/bookings/").header("Authorization", authorization);
        gateway.send(request).await.outcome()
    };

    for good in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER   {token} ")] {
        assert_eq!(outcome_with(&good).await, (200, String::new()), "{good}");
    }
    for bad in [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        &token,
        &format!("Bearer {token} x"),
        &format!("Bearer\u{a0}{token}"),
    ] {
        assert_eq!(outcome_with(bad).await, refused(401, "USER-06"), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_no_token() {
    let gateway = Gateway::start().await;
    let (user, admin) = (user_token(), admin_token());

    let mut raw = gateway.raw().await;
    let answer = raw
        .exchange(format!(
            "GET /analytics/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {admin}\r\nAuthorization: Bearer {user}\r\n\r\n"
        ))
        .await;

    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("USER-06"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_route_is_checked_before_the_token_and_the_token_before_the_body() {
    let gateway = Gateway::start().await;
    let too_large = "x".repeat((1 << 20) + 1);

    let unknown = gateway.send(gateway.request("POST", "/nowhere/").body(too_large.clone())).await;
    assert_eq!(unknown.outcome(), refused(404, "SYS-04"));
    let wrong_method = gateway.send(gateway.request("PUT", "/event/").body(too_large.clone())).await;
    assert_eq!(wrong_method.outcome(), refused(405, "SYS-05"));
    let nobody = gateway.send(gateway.request("POST", "/event/").body(too_large.clone())).await;
    assert_eq!(nobody.outcome(), refused(401, "USER-06"));
    let user = gateway.request("POST", "/event/").bearer_auth(user_token()).body(too_large.clone());
    assert_eq!(gateway.send(user).await.outcome(), refused(401, "USER-01"));
    let admin = gateway.request("POST", "/event/").bearer_auth(admin_token()).body(too_large);
    assert_eq!(gateway.send(admin).await.outcome(), refused(413, "SYS-09"));
}
