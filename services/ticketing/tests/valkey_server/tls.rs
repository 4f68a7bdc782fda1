//! Valkey over TLS, with user and password: the right ones are let in, and no secret is ever shown.

use std::path::PathBuf;

use booked_failure::Failure;
use booked_sandbox::{TestCa, ValkeyOptions, ValkeyServer, test_programs};
use booked_ticketing::ports::Reserved;
use tokio::runtime::Handle;

use crate::{
    connect::{pool, publish, reserve, settings},
    process::Process,
};

const USER: &str = "ticketing";
const PASSWORD: &str = "Correct-Horse-42";
const WRONG_PASSWORD: &str = "Wrong-Horse-43";

struct Server {
    server: ValkeyServer,
    authority: TestCa,
}

impl Server {
    fn start() -> Self {
        let authority = TestCa::new().unwrap();
        let options = ValkeyOptions {
            tls: Some(authority.server_files().unwrap()),
            user_password: Some((USER.to_owned(), PASSWORD.to_owned())),
            ..ValkeyOptions::new("")
        };
        Self { server: ValkeyServer::start_temporary(&test_programs(), options).unwrap(), authority }
    }

    fn ca(&self) -> Option<PathBuf> {
        Some(self.authority.certificate())
    }

    fn url(&self) -> String {
        let url = self.server.url();
        assert!(url.starts_with("rediss://"), "{url}");
        url
    }

    fn url_with(&self, password: &str) -> String {
        format!("rediss://{USER}:{password}@127.0.0.1:{}/0", self.server.port())
    }
}

async fn assert_unavailable(url: &str, ca: Option<PathBuf>) -> String {
    let failure = reserve(&pool(url, ca, Handle::current())).await.unwrap_err();
    assert!(matches!(failure, Failure::NotDone(_)), "{failure:?}");
    format!("{failure} {failure:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_good_certificate_sells_to_who_knows_the_password() {
    let server = Server::start();
    let pool = pool(&server.url(), server.ca(), Handle::current());
    assert!(publish(&pool).await.unwrap());
    assert!(matches!(reserve(&pool).await.unwrap(), Reserved::Held { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_refused() {
    let server = Server::start();
    let other = TestCa::new().unwrap();
    assert_unavailable(&server.url(), Some(other.certificate())).await;
    assert_unavailable(&server.url(), None).await;
    let elsewhere = format!("rediss://{USER}:{PASSWORD}@127.0.0.2:{}/0", server.server.port());
    assert_unavailable(&elsewhere, server.ca()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_or_the_password_there_is_no_way_in() {
    let server = Server::start();
    let plain = server.url().replace("rediss://", "redis://");
    assert_unavailable(&plain, None).await;
    let nobody = format!("rediss://127.0.0.1:{}/0", server.server.port());
    assert!(reserve(&pool(&nobody, server.ca(), Handle::current())).await.is_err());
    let said = assert_unavailable(&server.url_with(WRONG_PASSWORD), server.ca()).await;
    assert!(!said.contains(WRONG_PASSWORD), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_never_show_a_secret() {
    let server = Server::start();
    let settings = settings(&server.url(), server.ca());
    let pool = pool(&server.url(), server.ca(), Handle::current());
    publish(&pool).await.unwrap();
    for shown in [format!("{settings:?}"), format!("{pool:?}")] {
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_shows_a_secret_whether_it_is_right_or_wrong() {
    let server = Server::start();
    let ca = server.authority.certificate().display().to_string();
    for (password, refused) in [(PASSWORD, false), (WRONG_PASSWORD, true)] {
        let url = server.url_with(password);
        let mut process =
            Process::serve(&[("VALKEY_URL", &url), ("VALKEY_CA_FILE", &ca), ("JANITOR_INTERVAL_MS", "50")]);
        // Long enough for its jobs to ask Valkey many times.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        let said = process.killed();
        assert!(said.contains("\"ready\""), "{said}");
        assert_eq!(said.contains("a job goes on at its next turn"), refused, "{said}");
        assert!(!said.contains(password), "{said}");
    }
}
