//! Registering.

use booked_identity::Role;
use booked_server::{SystemClock, unix_seconds};
use proptest::prelude::{Strategy, any, prop_oneof};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Service, migrated};

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_can_log_in_and_is_a_plain_user() {
    let service = Service::start().await;
    let wish = json!({ "name": "Ada", "email": " Ada@Example.com ", "password": PASSWORD, "role": "admin" });

    let registered = service.post("/user/register/", wish.to_string()).await;

    assert_eq!((registered.status, registered.text.as_str()), (201, ""));
    let logged_in = service.log_in("ada@example.com", PASSWORD).await;
    let identity = service.read_token(&logged_in, unix_seconds(&SystemClock)).await.identity;
    assert_eq!((identity.email.as_str(), identity.role), ("Ada@Example.com", Role::User));
    assert_eq!(service.database.execute("SELECT id FROM users"), identity.user.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_checked_in_the_contracts_order_and_a_wrong_one_creates_no_account() {
    let service = Service::start().await;
    let long = |letter: &str, times: usize| letter.repeat(times);
    for (name, email, password, expected) in [
        ("", "", "", "400 USER-02"),
        ("", "", &*long("x", 73), "400 USER-11"),
        ("", "", &*long("ä", 37), "400 USER-11"),
        ("", "", &*long("a\u{308}", 37), "400 USER-11"),
        ("", "", "secret", "400 USER-08"),
        ("Ada", "", "secret", "400 USER-07"),
        ("Ada", " \n ", "secret", "400 USER-07"),
        ("Ada", "ada", "secret", "400 USER-10"),
        ("Ada", "ada@", "secret", "400 USER-10"),
        ("Ada", "a da@example.com", "secret", "400 USER-10"),
        ("Ada", &*format!("{}@example.com", long("a", 250)), "secret", "400 USER-10"),
    ] {
        let body = json!({ "name": name, "email": email, "password": password });
        assert_eq!(service.post("/user/register/", body.to_string()).await.said(), expected, "{body}");
    }
    for body in ["{}", r#"{"name":null,"email":null,"password":null}"#] {
        assert_eq!(service.post("/user/register/", body).await.said(), "400 USER-02", "{body}");
    }

    assert_eq!(service.database.execute("SELECT count(*) FROM users"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_of_everything_is_taken() {
    let service = Service::start().await;
    let email = format!("{}@{}.example", "a".repeat(63), vec!["d".repeat(60); 3].join("."));
    assert_eq!(email.len(), 254);
    let password = "ä".repeat(36);
    let body = json!({ "name": "ñ".repeat(5_000), "email": email, "password": password });

    assert_eq!(service.post("/user/register/", body.to_string()).await.said(), "201");

    assert_eq!(service.log_in(&email, &password).await.said(), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_one_object_of_texts_is_not_decoded() {
    let service = Service::start().await;
    for body in [
        "",
        " ",
        "null",
        "[]",
        "\"text\"",
        "7",
        "{",
        "{}{}",
        r#"{"name":7,"email":"ada@example.com","password":"secret"}"#,
        r#"{"name":"Ada","email":["ada@example.com"],"password":"secret"}"#,
        r#"{"name":"Ada","email":"ada@example.com","password":{}}"#,
        r#"{"name":"A\u0000da","email":"ada@example.com","password":"secret"}"#,
        r#"{"name":"Ada","email":"ada@example.com","password":"sec\u0000ret"}"#,
    ] {
        assert_eq!(service.post("/user/register/", body).await.said(), "400 SYS-01", "{body}");
    }
    let not_utf8 = b"{\"name\":\"\xff\"}".to_vec();
    assert_eq!(service.post("/user/register/", not_utf8).await.said(), "400 SYS-01");
    assert_eq!(service.post("/user/register/", vec![b' '; (1 << 20) + 1]).await.said(), "413 SYS-09");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_registers_once_in_whatever_case() {
    let service = Service::start().await;
    assert_eq!(service.register("nikoς@example.com", PASSWORD).await.said(), "201");

    for again in ["nikoς@example.com", "NIKOΣ@EXAMPLE.COM", "  nikoσ@Example.com\t"] {
        assert_eq!(service.register(again, "another password").await.said(), "409 USER-09", "{again}");
    }

    assert_eq!(service.log_in("nikoς@example.com", PASSWORD).await.said(), "200");
    assert_eq!(service.log_in("nikoς@example.com", "another password").await.said(), "401 USER-04");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_register_one_email_at_once_one_gets_it() {
    let service = Service::start().await;
    for round in 0..10 {
        let (lower, upper) = (format!("ada{round}@example.com"), format!("ADA{round}@EXAMPLE.COM"));

        let (one, other) =
            tokio::join!(service.register(&lower, PASSWORD), service.register(&upper, PASSWORD));

        let mut said = [one.said(), other.said()];
        said.sort();
        assert_eq!(said, ["201", "409 USER-09"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_without_the_internal_credential_is_not_served() {
    let service = Service::start().await;
    for (method, path) in [
        (Method::POST, "/user/register/"),
        (Method::POST, "/user/login/"),
        (Method::POST, "/internal/emails"),
        (Method::GET, "/internal/jwks"),
    ] {
        assert_eq!(service.as_a_stranger(method, path).await.said(), "401 USER-06", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_with_another_method_is_answered_like_a_path_that_no_route_has() {
    let service = Service::start().await;
    for path in ["/user/register/", "/user/login/", "/nowhere/"] {
        assert_eq!(service.get(path).await.said(), "404 SYS-04", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_registering_and_logging_in_are_503_with_retry_after() {
    let nowhere = ("--database-url", "postgres://booked@127.0.0.1:1/booked");
    let service = Service::begin(migrated(), &[nowhere], |adapters| adapters).await;

    for answer in [
        service.register("ada@example.com", PASSWORD).await,
        service.log_in("ada@example.com", PASSWORD).await,
    ] {
        assert_eq!(answer.said(), "503 SYS-07");
        assert!(answer.retry_after.is_some());
        assert!(!answer.text.contains("127.0.0.1"), "{}", answer.text);
    }
    assert_eq!(service.get("/internal/jwks").await.said(), "200");
}

#[test]
fn no_body_whatever_fails_the_service() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let service = runtime.block_on(Service::start());
    let mut tests = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    });

    let tested = tests.run(&(any_body(), any::<bool>()), |(body, registers)| {
        let path = if registers { "/user/register/" } else { "/user/login/" };
        let answer = runtime.block_on(service.post(path, body));
        assert!([200, 201, 400, 401, 409, 413].contains(&answer.status), "{answer:?}");
        assert!(answer.status < 300 || answer.said().contains("-0") || answer.said().contains("-1"));
        Ok(())
    });

    tested.unwrap();
    let _in_the_runtime = runtime.enter();
    drop(service);
}

/// Arbitrary bytes, any JSON, and bodies that are nearly or entirely valid.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![".*", "[a-z]{1,9}@[a-z]{1,9}\\.com", "\\s*", "\\PC{0,80}"];
    let value = prop_oneof![
        4 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => proptest::strategy::Just(Value::Null),
        1 => proptest::collection::vec(any::<bool>(), 0..3).prop_map(Value::from),
    ];
    let object = proptest::collection::hash_map("name|email|password|role|\\PC{0,9}", value, 0..6);
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..200),
        4 => object.prop_map(|fields| serde_json::to_vec(&fields).unwrap()),
    ]
}
