//! Which addresses are the same, including those of accounts whose key an earlier release stored.

use booked_server::{SystemClock, unix_seconds};

use crate::support::{PASSWORD, Service};

async fn email_of(service: &Service, asked: &str, password: &str) -> String {
    let answer = service.log_in(asked, password).await;
    assert_eq!(answer.said(), "200", "{asked}");
    service.read_token(&answer, unix_seconds(&SystemClock)).await.identity.email
}

/// Sets the account's key to what an earlier release would have stored.
fn stored_earlier(service: &Service, email: &str, key: &str) {
    let sql = format!("UPDATE users SET email_key = '{key}' WHERE email = '{email}' RETURNING 1");
    assert_eq!(service.database.execute(&sql).lines().next(), Some("1"), "{email}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_the_same_are_two_accounts() {
    let service = Service::start().await;
    for email in [
        "strasse@example.com",
        "straße@example.com",
        "ada@strasse.example",
        "ada@straße.example",
        "oﬃce@example.com",
        "office@example.com",
    ] {
        assert_eq!(service.register(email, PASSWORD).await.said(), "201", "{email}");
        assert_eq!(email_of(&service, email, PASSWORD).await, email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_the_same_are_one_account_however_they_are_written() {
    let service = Service::start().await;
    for (email, again) in [
        ("ada@bücher.example", "ADA@xn--bcher-kva.example"),
        ("jos\u{e9}@example.com", "jose\u{301}@example.com"),
        ("संपर्क@डाटामेल.भारत", " संपर्क@डाटामेल.भारत"),
    ] {
        assert_eq!(service.register(email, PASSWORD).await.said(), "201", "{email}");
        assert_eq!(service.register(again, PASSWORD).await.said(), "409 USER-09", "{again}");
        assert_eq!(email_of(&service, again, PASSWORD).await, email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_an_earlier_release_is_found_and_keeps_nobody_else_out() {
    let service = Service::start().await;
    service.register("straße@bücher.example", PASSWORD).await;
    stored_earlier(&service, "straße@bücher.example", "strasse@bücher.example");

    assert_eq!(email_of(&service, "Straße@Bücher.example", PASSWORD).await, "straße@bücher.example");
    assert_eq!(service.log_in("strasse@bücher.example", PASSWORD).await.said(), "401 USER-03", "is nobody's");
    assert_eq!(service.register("STRAßE@bücher.example", PASSWORD).await.said(), "409 USER-09");

    service.register("strasse@example.com", PASSWORD).await;
    service.register("straße@example.com", "of the other").await;
    service.database.execute("DELETE FROM users WHERE email = 'strasse@example.com'");
    stored_earlier(&service, "straße@example.com", "strasse@example.com");
    assert_eq!(service.register("strasse@example.com", PASSWORD).await.said(), "201");
    assert_eq!(email_of(&service, "strasse@example.com", PASSWORD).await, "strasse@example.com");
    assert_eq!(email_of(&service, "straße@example.com", "of the other").await, "straße@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_of_an_earlier_release_that_are_the_same_today_keep_each_its_own() {
    let service = Service::start().await;
    service.register("ada@bücher.example", "in letters").await;
    stored_earlier(&service, "ada@bücher.example", "ada@bücher.example");
    let sql = "INSERT INTO users SELECT gen_random_uuid(), name, 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example', \
               password_hash, role, created_at, password_changed_at FROM users";
    service.database.execute(sql);
    service.database.execute(&format!(
        "UPDATE users SET password_hash = '{}' WHERE email LIKE '%xn--%'",
        bcrypt::hash("in ascii", 4).unwrap()
    ));

    assert_eq!(email_of(&service, "ada@bücher.example", "in letters").await, "ada@bücher.example");
    assert_eq!(
        email_of(&service, "ada@xn--bcher-kva.example", "in ascii").await,
        "ada@xn--bcher-kva.example"
    );
}
