//! TLS to Postgres: the client talks only to a server whose certificate is valid for its name.

use booked_failure::Failure;
use booked_sandbox::{PostgresOptions, PostgresServer, TestCa, test_programs};
use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::RunQueryDsl as _;
use tempfile::TempDir;

use crate::support::{connect, settings, soon};

const IS_ENCRYPTED: &str = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

#[derive(QueryableByName)]
struct Encrypted {
    #[diesel(sql_type = Bool)]
    ssl: bool,
}

/// A server that accepts only TLS, and the authority of its certificate.
struct Server {
    postgres: PostgresServer,
    ca: TestCa,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let (folder, ca) = (tempfile::tempdir().unwrap(), TestCa::new().unwrap());
        let options = PostgresOptions {
            durable: false,
            tls: Some(ca.server_files().unwrap()),
            password: Some("pass word/&?".to_owned()),
            ..PostgresOptions::new(folder.path().join("postgres"))
        };
        let postgres = PostgresServer::start(&test_programs(), options).unwrap();
        Self { postgres, ca, _folder: folder }
    }

    fn url(&self) -> String {
        self.postgres.url("postgres")
    }
}

async fn is_encrypted(url: &str) -> Result<bool, String> {
    let read = connect(url, &[]);
    let read = read
        .read(async |connection| diesel::sql_query(IS_ENCRYPTED).get_result::<Encrypted>(connection).await);
    match soon(read).await {
        Ok(answer) => Ok(answer.ssl),
        Err(failure @ Failure::NotDone(_)) => Err(failure.to_string()),
        Err(failure) => panic!("{failure}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_verify_full_a_server_is_talked_to_over_tls_if_its_certificate_is_good_for_its_name() {
    let server = Server::start();
    let url = server.url();
    assert_eq!(is_encrypted(&url).await, Ok(true));
    assert_eq!(is_encrypted(&url.replace("127.0.0.1", "localhost")).await, Ok(true));

    let stranger = TestCa::new().unwrap();
    let (mine, theirs) = (server.ca.certificate(), stranger.certificate());
    let wrong_ca = url.replace(mine.to_str().unwrap(), theirs.to_str().unwrap());
    let refused = is_encrypted(&wrong_ca).await.unwrap_err();
    assert!(refused.contains("invalid peer certificate"), "{refused}");

    let wrong_name = url.replace("@127.0.0.1", "@postgres.example") + "&hostaddr=127.0.0.1";
    let refused = is_encrypted(&wrong_name).await.unwrap_err();
    assert!(refused.contains("not valid for name"), "{refused}");

    let nobody_to_trust = url.split("&sslrootcert").next().unwrap().split("sslrootcert").next().unwrap();
    assert!(is_encrypted(nobody_to_trust).await.is_err(), "the system's authorities vouch for a test's");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_a_server_that_asks_for_it_is_not_talked_to_nor_one_that_has_none_with_it() {
    let server = Server::start();
    let in_the_clear = server.url().replace("verify-full", "disable");
    let refused = is_encrypted(&in_the_clear).await.unwrap_err();
    assert!(refused.contains("no pg_hba.conf entry") || refused.contains("no encryption"), "{refused}");

    let plain = booked_sandbox::test_postgres();
    let certificate = server.ca.certificate();
    let with_tls =
        format!("{}?sslmode=verify-full&sslrootcert={}", plain.url("postgres"), certificate.display());
    let refused = is_encrypted(&with_tls).await.unwrap_err();
    assert!(refused.contains("does not support TLS"), "{refused}");
}

#[test]
fn a_url_that_cannot_be_used_is_refused_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    let no_certificate = folder.path().join("ca.crt");
    std::fs::write(&no_certificate, "hush").unwrap();
    for (url, said) in [
        ("", "is missing"),
        ("hush", "is not a URL"),
        ("http://hush@localhost/user", "is not a URL of a database"),
        ("postgres://hush@localhost/user?sslmode=prefer", "has an sslmode that is neither"),
        ("postgres://hush@localhost/user?hush=1", "is not a URL of a database"),
        (
            "postgres://hush@localhost/user?sslmode=verify-full&sslrootcert=/nowhere",
            "has an sslrootcert that cannot be used",
        ),
        (
            &format!("postgres://h@l/u?sslmode=verify-full&sslrootcert={}", no_certificate.display()),
            "it holds no certificate",
        ),
    ] {
        let Err(mistakes) = settings(url, &[]) else { panic!("taken: {url}") };
        let mistakes = mistakes.to_string();
        assert!(mistakes.contains(&format!("DATABASE_URL {said}")) || mistakes.contains(said), "{mistakes}");
        assert!(!mistakes.contains("hush"), "{mistakes}");
    }
}
