//! What a service behind the gateway answers and measures, whatever the caller.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpResponse, ResponseError as _, http::header, web};
use booked_contract::Code;
use booked_identity::internal::Credential;
use booked_server::{ApiError, Application, Bound, Lifecycle, config::HttpSettings, read, write};
use booked_telemetry::{LogFormat, Telemetry};
use reqwest::{Client, Response};

const SECRET: &str = "a-secret-that-is-known-to-tests-alone";

/// A service with three routes: one for all methods, which counts the calls that reach its handler, one that is read,
/// and one that is written.
struct Service {
    bound: Bound,
    begun: Arc<AtomicUsize>,
    client: Client,
    lifecycle: Lifecycle,
}

impl Service {
    fn start() -> Self {
        let here: SocketAddr = ([127, 0, 0, 1], 0).into();
        let settings = HttpSettings {
            listen: here,
            admin_listen: here,
            workers: 1,
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(1),
        };
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = web::Data::from(Arc::clone(&begun));
        let work = async |begun: web::Data<AtomicUsize>| {
            begun.fetch_add(1, Ordering::SeqCst);
            HttpResponse::Ok().finish()
        };
        let lifecycle = Lifecycle::new();
        let application = Application::bind(
            settings,
            Credential::parse(SECRET).unwrap(),
            lifecycle.clone(),
            Telemetry::start("server", LogFormat::Text).unwrap().metrics(),
            move |routes| {
                let done = || async { "done" };
                routes.app_data(counted.clone()).route("/work/", web::to(work));
                routes.service(read("/read/").to(done)).service(write("/write/").to(done));
            },
        )
        .unwrap();
        let bound = application.bound();
        tokio::spawn(application.serve());
        Self { bound, begun, client: Client::builder().no_proxy().build().unwrap(), lifecycle }
    }

    async fn call(&self, method: &str, headers: &[(&str, &str)]) -> Response {
        self.call_at("/work/", method, headers).await
    }

    async fn call_at(&self, path: &str, method: &str, headers: &[(&str, &str)]) -> Response {
        let url = format!("http://{}{path}", self.bound.traffic);
        let request = self.client.request(method.parse().unwrap(), url);
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .send()
            .await
            .unwrap()
    }

    async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.bound.admin);
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

/// Telemetry can start only once per process, so there is one test for everything that needs a service.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_serves_whoever_is_known_and_still_waits() {
    let service = Service::start();
    let known = ("x-booked-credential", SECRET);

    // Anyone who can reach the port can make up methods.
    for method in ["EVIL1", "EVIL2"] {
        assert_eq!(service.call(method, &[]).await.status(), 401);
        assert_eq!(service.call(method, &[known]).await.status(), 200);
    }
    let metrics = service.metrics().await;
    assert!(metrics.contains(r#"http_request_method="_OTHER""#), "{metrics}");
    assert!(!metrics.contains("EVIL"), "{metrics}");

    // A caller whose time is over.
    let before = service.begun.load(Ordering::SeqCst);
    let refused = service.call("GET", &[known, ("x-booked-deadline-ms", "0")]).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("SYS-07"));
    assert_eq!(service.begun.load(Ordering::SeqCst), before, "nothing was begun");
    for waits in ["2500", "nonsense", "-1", "18446744073709551615"] {
        let served = service.call("GET", &[known, ("x-booked-deadline-ms", waits)]).await;
        assert_eq!(served.status(), 200, "{waits}");
    }

    // A route's own methods are served; with another one it is answered like a path that no route has.
    for (method, path) in [("GET", "/read/"), ("HEAD", "/read/"), ("POST", "/write/")] {
        assert_eq!(service.call_at(path, method, &[known]).await.status(), 200, "{method} {path}");
    }
    for (method, path) in [("POST", "/read/"), ("GET", "/write/"), ("PUT", "/write/"), ("GET", "/nowhere/")] {
        let refused = service.call_at(path, method, &[known]).await;
        assert_eq!(refused.status(), 404, "{method} {path}");
        assert!(refused.text().await.unwrap().contains("SYS-04"), "{method} {path}");
    }
}

fn retry_after(error: ApiError) -> u64 {
    error.error_response().headers().get(header::RETRY_AFTER).unwrap().to_str().unwrap().parse().unwrap()
}

#[test]
fn a_crowd_that_was_refused_together_is_told_to_come_back_apart() {
    let told: BTreeSet<u64> = (0..300).map(|_| retry_after(ApiError::new(Code::Unavailable))).collect();
    assert_eq!(told, BTreeSet::from([1, 2, 3]));
}
