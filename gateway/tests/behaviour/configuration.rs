//! The gateway's settings, and how it reports invalid ones.

use std::process::Stdio;

use booked_gateway::{config::Rate, services::ServiceName};
use booked_server::Endpoint;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::fixtures::{CREDENTIAL, serve_args};

fn flags(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

fn good() -> Vec<String> {
    flags(&[
        "--internal-credential",
        CREDENTIAL,
        "--user-url",
        "http://user",
        "--event-url",
        "http://event:81",
        "--ticketing-url",
        "http://one:82, http://[::1]:83",
        "--analytics-url",
        "http://127.0.0.1:84/",
    ])
}

#[test]
fn services_may_have_several_replicas() {
    let services = serve_args(&good()).check().unwrap().services;

    let authorities: Vec<_> =
        services.endpoints(ServiceName::Ticketing).as_slice().iter().map(Endpoint::authority).collect();
    assert_eq!(authorities, ["one:82", "[::1]:83"]);
    let authorities: Vec<_> =
        services.endpoints(ServiceName::User).as_slice().iter().map(Endpoint::authority).collect();
    assert_eq!(authorities, ["user:80"]);
}

#[test]
fn limits_are_on_by_default() {
    let limits = serve_args(&good()).check().unwrap().clients.limits;

    let of = |rate: Option<Rate>| rate.map(|rate| (rate.per_s.get(), rate.burst.get()));
    assert_eq!(of(limits.address_rate()), Some((500, 5_000)));
    assert_eq!(of(limits.user_rate()), Some((50, 500)));
    assert_eq!((limits.address_concurrency_max, limits.user_concurrency_max), (Some(256), Some(16)));
    assert_eq!(limits.address_connections_max, Some(1_000));
}

#[test]
fn all_mistakes_are_reported_at_once_and_no_secret_is_shown() {
    let mistaken = flags(&[
        "--internal-credential",
        "tooshort",
        "--user-url",
        "https://user",
        "--event-url",
        "http://event/path",
        "--ticketing-url",
        "http://somebody:hunter2@ticketing",
        "--address-rate-per-s",
        "many",
        "--gateway-replicas",
        "0",
        "--docs",
        "maybe",
        "--pages",
        "maybe",
        "--grafana-url",
        "https://somebody:hunter2@grafana/",
        "--trusted-proxies",
        "99",
        "--cors-origins",
        "https://shop.example/",
        "--listen",
        "nowhere",
        "--upstream-timeout-ms",
        "0",
    ]);

    let mistakes = serve_args(&mistaken).check().unwrap_err().to_string();

    for setting in [
        "INTERNAL_CREDENTIAL",
        "USER_URL",
        "EVENT_URL",
        "TICKETING_URL",
        "ANALYTICS_URL is missing",
        "ADDRESS_RATE_PER_S",
        "GATEWAY_REPLICAS",
        "DOCS",
        "PAGES",
        "GRAFANA_URL",
        "TRUSTED_PROXIES",
        "CORS_ORIGINS",
        "LISTEN",
        "UPSTREAM_TIMEOUT_MS",
    ] {
        assert!(mistakes.contains(setting), "{setting} is not in: {mistakes}");
    }
    assert!(!mistakes.contains("tooshort") && !mistakes.contains("hunter2"), "{mistakes}");
}

#[test]
fn a_printed_configuration_shows_no_secret() {
    let args = serve_args(&good());

    let printed = format!("{args:?} {:?}", args.check().unwrap());

    assert!(!printed.contains(CREDENTIAL), "{printed}");
}

#[test]
fn a_collector_that_would_be_sent_nothing_is_refused() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_booked-gateway"))
        .arg("serve")
        .args(good())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318")
        .output()
        .unwrap();

    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT: must begin with http://"), "{stderr}");
}

/// The limit of open files is 300, and may be raised to 700; half of them may go to services, since there are few files.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_clients_are_taken_than_files_can_be_open() {
    let mut gateway = Command::new("sh")
        .args(["-c", "ulimit -Sn 300 && ulimit -Hn 700 && exec \"$0\" \"$@\""])
        .args([env!("CARGO_BIN_EXE_booked-gateway"), "serve"])
        .args(good())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();

    let mut log = BufReader::new(gateway.stderr.take().unwrap()).lines();
    let mut is_reported = false;
    let admin = loop {
        let line = log.next_line().await.unwrap().expect("it becomes ready");
        is_reported |= line.contains("CLIENT_CONNECTIONS_MAX");
        if let Some((_, address)) = line.split_once("\"admin\":\"") {
            break address.split('"').next().unwrap().to_owned();
        }
    };
    assert!(is_reported);
    let metrics = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("\nbooked_gateway_client_connections_max 350\n"), "{metrics}");
}
