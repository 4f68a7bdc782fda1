//! The schema: made by the migrations alone, and checked before the service reports that it is ready.

use booked_postgres::DatabaseSettings;
use booked_sandbox::{test_database, test_postgres};
use booked_user::outbound::postgres::MIGRATIONS;

use crate::support::{PASSWORD, Service, eventually, migrated};

const DOWN: &str = include_str!("../../../../migrations/user/20250101000000_accounts/down.sql");
const UP: &str = include_str!("../../../../migrations/user/20250101000000_accounts/up.sql");

#[tokio::test(flavor = "multi_thread")]
async fn serving_refuses_a_database_without_schema_and_says_what_to_do() {
    let mut service = Service::begin(test_database("empty", |_| {}), &[], |adapters| adapters).await;

    let ended = (&mut service.served).await.unwrap().unwrap_err().to_string();

    assert!(ended.contains("no schema") && ended.contains("`migrate`"), "{ended}");
    assert!(!service.lifecycle.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn serving_refuses_an_older_schema_and_names_what_is_missing() {
    let database = migrated();
    database.execute("DELETE FROM __diesel_schema_migrations");

    let mut service = Service::begin(database, &[], |adapters| adapters).await;

    let ended = (&mut service.served).await.unwrap().unwrap_err().to_string();
    assert!(ended.contains("20250101000000_accounts") && ended.contains("`migrate`"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serving_accepts_a_newer_schema_so_that_a_roll_back_works() {
    let database = migrated();
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");

    let service = Service::begin(database, &[], |adapters| adapters).await;

    service.until_ready().await;
    assert_eq!(service.register("ada@example.com", PASSWORD).await.said(), "201");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_database_is_unavailable_is_alive_and_becomes_ready_when_the_database_is_back() {
    let mut server = test_postgres();
    server.create_database("user").unwrap();
    let url = server.url("user");
    booked_postgres::migrate(&DatabaseSettings::for_url(&url).unwrap(), MIGRATIONS).await.unwrap();
    server.stop();

    let service = Service::begin(migrated(), &[("--database-url", &url)], |adapters| adapters).await;
    eventually("it lives", async || service.health("/livez").await == 200).await;
    assert_eq!(service.health("/readyz").await, 503);
    assert_eq!(service.register("ada@example.com", PASSWORD).await.said(), "503 SYS-07");
    server.restart().unwrap();

    service.until_ready().await;
    assert_eq!(service.health("/readyz").await, 200);
    assert_eq!(service.register("ada@example.com", PASSWORD).await.said(), "201");
}

#[test]
fn the_migrations_go_down_and_up_again() {
    let database = migrated();
    let tables = || {
        database.execute(
            "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'",
        )
    };
    let before = tables();

    database.execute(DOWN);
    assert_eq!(tables(), "__diesel_schema_migrations");
    database.execute(UP);

    assert_eq!(tables(), before);
}

#[test]
fn the_database_itself_refuses_an_email_twice_and_an_unknown_role() {
    let server = test_postgres();
    server.create_database("user").unwrap();
    server.execute("user", UP).unwrap();
    let insert = |email: &str, role: &str| {
        server.execute(
            "user",
            &format!(
                "INSERT INTO users VALUES (gen_random_uuid(), 'Ada', '{email}', '{email}', 'hash', '{role}', now(), \
                 now())"
            ),
        )
    };

    insert("ada@example.com", "user").unwrap();

    assert!(insert("ada@example.com", "user").unwrap_err().to_string().contains("users_email_key_once"));
    assert!(insert("bob@example.com", "emperor").unwrap_err().to_string().contains("users_role_known"));
}
