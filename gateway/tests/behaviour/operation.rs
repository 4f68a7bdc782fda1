//! What operators rely on: draining, readiness, metrics.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::watch,
};

use crate::fixtures::{READ, ScriptedService, ask, call, start_application, until};

const ADDRESS_RATE: &str = "booked_gateway_refused_total{reason=\"address_rate\"}";

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_flight_are_answered_when_the_gateway_shuts_down() {
    let (release, held) = watch::channel(false);
    let (arrived, mut arrival) = watch::channel(false);
    let service = ScriptedService::start(move |mut stream| {
        let (mut held, arrived) = (held.clone(), arrived.clone());
        async move {
            let mut request = vec![0; 65_536];
            // The gateway fetches keys from here too.
            if stream.read(&mut request).await.is_ok() && request.starts_with(b"GET /event/ ") {
                arrived.send_replace(true);
                let _ = held.wait_for(|released| *released).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
            }
        }
    })
    .await;
    let (bound, life) = start_application(&[], std::slice::from_ref(&service.url)).await;

    let in_flight = tokio::spawn(async move { call(bound.traffic, READ).await });
    arrival.wait_for(|arrived| *arrived).await.unwrap();
    life.end();
    until(|| async { ask(bound.admin, "/readyz").await.0 == 503 }).await;
    release.send_replace(true);

    assert_eq!(in_flight.await.unwrap().0, (200, String::new()));
    until(|| async { tokio::net::TcpStream::connect(bound.traffic).await.is_err() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_measured_by_route_and_not_by_what_clients_make_up() {
    let (bound, _life) = start_application(&["--upstream-timeout-ms", "200"], &[]).await;

    for path in ["/event/some-id/", "/event/another-id/", "/made-up/"] {
        call(bound.traffic, ("GET", path)).await;
    }

    let (_, metrics) = ask(bound.admin, "/metrics").await;
    let counted = |route: &str| {
        let lines =
            metrics.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
        lines.filter(|line| line.contains(&format!("http_route=\"{route}\""))).count()
    };
    assert!(counted("/event/{id}/") > 0, "{metrics}");
    assert!(counted("_OTHER") > 0, "{metrics}");
    assert!(!metrics.contains("another-id") && !metrics.contains("made-up"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_service_are_counted_while_in_use_and_after() {
    let (release, held) = watch::channel(false);
    let service = ScriptedService::start(move |mut stream| {
        let mut held = held.clone();
        async move {
            let mut request = vec![0; 65_536];
            if stream.read(&mut request).await.is_ok() && request.starts_with(b"GET /event/ ") {
                let _ = held.wait_for(|released| *released).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
                let _ = stream.read(&mut request).await;
            }
        }
    })
    .await;
    let port = service.url.rsplit(':').next().unwrap().to_owned();
    let (bound, _life) = start_application(&[], std::slice::from_ref(&service.url)).await;
    let counted = async |state: &str| {
        let (_, metrics) = ask(bound.admin, "/metrics").await;
        let labels = [format!("http_connection_state=\"{state}\""), format!("server_port=\"{port}\"")];
        let of_service = |line: &&str| {
            line.starts_with("http_client_open_connections")
                && labels.iter().all(|label| line.contains(label))
        };
        metrics.lines().find(of_service).and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
    };
    let are = async |active: &str, idle: &str| {
        counted("active").await.as_deref() == Some(active) && counted("idle").await.as_deref() == Some(idle)
    };
    assert!(are("0", "0").await);

    let in_flight = tokio::spawn(async move { call(bound.traffic, READ).await });
    until(|| are("1", "0")).await;
    release.send_replace(true);
    in_flight.await.unwrap();

    until(|| are("0", "1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_because_of_a_limit_are_counted_by_limit() {
    // A log-in costs the whole burst, which is there again after most of a minute.
    let flags = ["--address-rate-per-s", "1", "--address-burst", "50"];
    let (bound, _life) = start_application(&flags, &[]).await;
    let log_in = async || call(bound.traffic, ("POST", "/user/login/")).await.0.0;
    // The series is there from the start, and counts the rejections of other tests in this process too.
    let counted = async || {
        let (_, metrics) = ask(bound.admin, "/metrics").await;
        let series = metrics.lines().find(|line| line.starts_with(ADDRESS_RATE)).unwrap();
        series.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_ne!(log_in().await, 429);
    let before = counted().await;

    assert_eq!(log_in().await, 429);

    assert!(counted().await > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_response_closes_its_connection_when_the_gateway_shuts_down() {
    let (bound, life) = start_application(&["--drain-delay-ms", "60000"], &[]).await;
    assert!(!closes_connection(bound.traffic).await);

    life.end();

    until(|| closes_connection(bound.traffic)).await;
}

/// Whether the response to a request that keeps its connection says that it is closed.
async fn closes_connection(address: std::net::SocketAddr) -> bool {
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET /made-up/ HTTP/1.1\r\nHost: booked\r\n\r\n").await.unwrap();
    let mut head = vec![0; 4096];
    let length = connection.read(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[..length]).to_lowercase().contains("connection: close")
}
