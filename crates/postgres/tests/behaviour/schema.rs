//! Migrations are applied once, and an older schema is rejected.

use booked_postgres::{DatabaseSettings, migrate, require_schema};
use booked_sandbox::{test_database, test_postgres};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::support::{connect, settings, soon};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/migrations");

fn empty() -> booked_sandbox::TestDatabase {
    test_database("empty", |_| {})
}

async fn refusal(url: &str) -> String {
    soon(require_schema(&connect(url, &[]), MIGRATIONS)).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_migrate_at_once_apply_each_migration_once() {
    let database = empty();
    let settings = settings(&database.url(), &[]).unwrap();
    let migrating = || {
        tokio::spawn({
            let settings = settings.clone();
            async move { migrate(&settings, MIGRATIONS).await }
        })
    };

    for migrated in [migrating(), migrating(), migrating()] {
        migrated.await.unwrap().unwrap();
    }

    let applied = database.execute("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    assert_eq!(applied, "20250101000000\n20250102000000");
    soon(require_schema(&connect(&database.url(), &[]), MIGRATIONS)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_made() {
    let server = test_postgres();
    let settings = DatabaseSettings::for_url(&server.url("it's \"new\"").replace('"', "%22")).unwrap();

    migrate(&settings, MIGRATIONS).await.unwrap();

    assert_eq!(server.execute("it's \"new\"", "SELECT count(*) FROM second").unwrap(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_missing_or_older_is_refused_by_the_names_of_what_is_missing() {
    let database = empty();
    assert!(refusal(&database.url()).await.contains("no schema"));
    migrate(&settings(&database.url(), &[]).unwrap(), MIGRATIONS).await.unwrap();

    database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20250102000000'");

    let refusal = refusal(&database.url()).await;
    assert!(refusal.contains("20250102000000_second") && !refusal.contains("000_first"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let server = test_postgres();
    for (name, encoding) in [("latin", "LATIN1"), ("bytes", "SQL_ASCII")] {
        let create = format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        server.execute("postgres", &create).unwrap();
    }
    let refusal = migrate(&settings(&server.url("latin"), &[]).unwrap(), MIGRATIONS).await.unwrap_err();
    assert!(refusal.to_string().contains("encoding is LATIN1"), "{refusal}");
    let serving = soon(require_schema(&connect(&server.url("latin"), &[]), MIGRATIONS)).await.unwrap_err();
    assert!(serving.to_string().contains("no schema"), "{serving}");

    // As if it had been migrated by a release that did not check.
    server.execute("latin", "CREATE TABLE __diesel_schema_migrations (version text)").unwrap();
    let serving = soon(require_schema(&connect(&server.url("latin"), &[]), MIGRATIONS)).await.unwrap_err();
    assert!(serving.to_string().contains("encoding is LATIN1"), "{serving}");

    migrate(&settings(&server.url("bytes"), &[]).unwrap(), MIGRATIONS).await.unwrap();
    soon(require_schema(&connect(&server.url("bytes"), &[]), MIGRATIONS)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_accepted() {
    let database = empty();
    migrate(&settings(&database.url(), &[]).unwrap(), MIGRATIONS).await.unwrap();

    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");

    soon(require_schema(&connect(&database.url(), &[]), MIGRATIONS)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_waited_for() {
    let mut server = test_postgres();
    server.create_database("seats").unwrap();
    migrate(&settings(&server.url("seats"), &[]).unwrap(), MIGRATIONS).await.unwrap();
    server.stop();
    let database = connect(&server.url("seats"), &[]);
    let mut required = Box::pin(require_schema(&database, MIGRATIONS));
    let early = tokio::time::timeout(std::time::Duration::from_millis(200), &mut required).await;
    assert!(early.is_err(), "{early:?}");

    server.restart().unwrap();

    soon(required).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_the_url_count_for_migrating_and_for_serving() {
    let database = empty();
    database.execute("CREATE SCHEMA apart");
    let url = format!("{}?options=-c%20search_path=apart", database.url());

    migrate(&settings(&url, &[]).unwrap(), MIGRATIONS).await.unwrap();

    assert_eq!(database.execute("SELECT count(*) FROM apart.second"), "0");
    soon(require_schema(&connect(&url, &[]), MIGRATIONS)).await.unwrap();
}
