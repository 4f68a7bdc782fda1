//! A private Postgres: it answers, keeps its data, and lets nobody in who should stay out.

use booked_sandbox::{PostgresOptions, PostgresServer, TestCa, test_postgres, test_programs};

fn quick(data_dir: &std::path::Path) -> PostgresOptions {
    PostgresOptions { durable: false, ..PostgresOptions::new(data_dir) }
}

#[test]
fn a_server_answers_sql() {
    let server = test_postgres();

    assert_eq!(server.execute("postgres", "SELECT 1, 'two'; SELECT 3").unwrap(), "1|two\n3");
    let error = server.execute("postgres", "SELECT nothing; SELECT 3").unwrap_err();
    assert!(error.to_string().contains("column \"nothing\" does not exist"), "{error}");
}

#[test]
fn two_servers_run_at_once_and_know_nothing_of_each_other() {
    let (one, other) = (test_postgres(), test_postgres());

    one.create_database("mine").unwrap();

    assert_ne!(one.port(), other.port());
    assert!(other.execute("mine", "SELECT 1").is_err());
}

#[test]
fn a_database_is_created_once() {
    let server = test_postgres();

    server.create_database("it's \"mine\"").unwrap();
    server.create_database("it's \"mine\"").unwrap();

    let found =
        server.execute("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'it%'").unwrap();
    assert_eq!(found, "it's \"mine\"");
}

#[test]
fn a_restart_keeps_port_and_data_after_a_stop_and_after_a_crash() {
    let mut server = test_postgres();
    let port = server.port();
    server.execute("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)").unwrap();

    server.stop();
    assert!(server.execute("postgres", "SELECT 1").is_err(), "a stopped server answered");
    server.restart().unwrap();
    server.execute("postgres", "INSERT INTO kept VALUES (2)").unwrap();
    server.kill();
    assert!(server.execute("postgres", "SELECT 1").is_err(), "a killed server answered");
    server.restart().unwrap();

    assert_eq!(server.port(), port);
    assert_eq!(server.execute("postgres", "SELECT n FROM kept ORDER BY n").unwrap(), "1\n2");
}

#[test]
fn another_start_in_the_same_folder_finds_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = folder.path().join("postgres");
    let first = PostgresServer::start(&test_programs(), quick(&wanted)).unwrap();
    first.create_database("kept").unwrap();
    let used = first.data_dir().to_owned();
    drop(first);

    let second = PostgresServer::start(&test_programs(), quick(&wanted)).unwrap();

    assert_eq!(second.data_dir(), used);
    assert_eq!(second.execute("kept", "SELECT 1").unwrap(), "1");
    drop(second);
    std::fs::remove_dir_all(used).unwrap();
}

#[test]
fn data_of_another_version_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = folder.path().join("postgres");
    let server = PostgresServer::start(&test_programs(), quick(&wanted)).unwrap();
    let used = server.data_dir().to_owned();
    drop(server);
    std::fs::write(used.join("data/PG_VERSION"), "9.6\n").unwrap();

    let error = PostgresServer::start(&test_programs(), quick(&wanted)).err().unwrap();

    assert!(error.to_string().contains("contains data of PostgreSQL 9.6"), "{error}");
    std::fs::remove_dir_all(used).unwrap();
}

#[test]
fn with_tls_and_password_only_those_who_have_both_get_in() {
    let (ca, stranger) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions {
        tls: Some(ca.server_files().unwrap()),
        password: Some("a secret/with:signs".to_owned()),
        ..quick(&folder.path().join("postgres"))
    };
    let server = PostgresServer::start(&test_programs(), options).unwrap();
    let ask = |url: &str| {
        let mut psql = std::process::Command::new(test_programs().postgres_bin.join("psql"));
        let output =
            psql.args(["-Atw", "-c", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", url]);
        let output = output.output().unwrap();
        String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap()
    };
    let url = server.url("postgres");
    let ca_path = ca.certificate().display().to_string();

    assert_eq!(server.execute("postgres", "SELECT 1").unwrap(), "1");
    assert_eq!(ask(&url), "t\n");
    let unencrypted = ask(&url.replace("sslmode=verify-full", "sslmode=disable"));
    assert!(unencrypted.contains("no pg_hba.conf entry"), "{unencrypted}");
    let wrong_ca = ask(&url.replace(&ca_path, &stranger.certificate().display().to_string()));
    assert!(wrong_ca.contains("SSL error"), "{wrong_ca}");
    let wrong_password = ask(&url.replace("secret", "guess"));
    assert!(wrong_password.contains("password authentication failed"), "{wrong_password}");
}
