//! A booking is one connected trace: from the client's own span through the gateway and ticketing to Postgres and Valkey,
//! sent by OTLP as collectors take it. And the log names the trace, in whatever process a line was written.

#![expect(clippy::unwrap_used, reason = "a test fails as tests do")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use booked_client::{EventQuery, Failure, operations as op};
use booked_contract::Code;
use booked_local_system::{Service, SystemOptions};
use booked_system_tests::{World, eventually};
use http::{HeaderMap, HeaderName};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as AnyValue,
    trace::v1::Span,
};
use prost::Message as _;
use serde_json::Value;

const WITHIN: Duration = Duration::from_secs(20);
/// The client's: <https://www.w3.org/TR/trace-context/>.
const TRACE: [u8; 16] = [0xab; 16];
const CLIENTS_SPAN: [u8; 8] = [0xcd; 8];

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_one_connected_trace() {
    let collector = Collector::start().await;
    let world = traced(&collector).await;
    let admin = world.admin().await.unwrap();
    let buyer = world.member().await.unwrap().client;
    let event = world.event(&admin, 5).await.unwrap();
    let held = buyer.call(op::reserve_tickets(event, 1)).await.unwrap();

    buyer.over(traced_connections()).call(op::book_tickets(&held.ticket_ids)).await.unwrap();

    let expected: BTreeSet<String> = [
        "booked-gateway: POST /ticket/book/",
        "booked-gateway: POST",
        "booked-ticketing: POST /ticket/book/",
        "booked-ticketing: claim",
        "booked-ticketing: commit bookings",
        "booked-ticketing: transaction",
        "booked-ticketing: finish",
    ]
    .map(str::to_owned)
    .into();
    eventually(WITHIN, "the trace is complete", async || {
        let (names, orphans) = collector.tree();
        if expected.is_subset(&names) && orphans.is_empty() {
            Ok(())
        } else {
            Err(format!("{names:?}; without their parent: {orphans:?}"))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_line_names_its_request_if_no_trace_is_recorded() {
    let world = logging(Vec::new()).await;
    let client = world.anyone.clone();
    client.call(op::register_user("Ada", "ada@example.org", World::PASSWORD)).await.unwrap();
    world.system.process("event-1").unwrap().kill();
    client.send_once(&op::list_events(&EventQuery::default())).await.unwrap_err();

    let registered = logged(&world, "user-1", "registered").await;
    let failed = logged(&world, "gateway", "a request failed").await;
    for (line, path) in [(&registered, "/user/register/"), (&failed, "/event/")] {
        assert_eq!(line["span"]["url.path"], path, "{line}");
        assert!(line["span"]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
        assert!(line["span"].get("trace_id").is_none(), "{line}");
    }
    assert_ne!(registered["span"]["request_id"], failed["span"]["request_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_line_names_the_trace_and_the_id_of_its_request() {
    let collector = Collector::start().await;
    let world = traced(&collector).await;
    let client = world.anyone.clone().over(traced_connections());
    client.call(op::register_user("Ada", "ada@example.org", World::PASSWORD)).await.unwrap();
    world.system.process("event-1").unwrap().kill();
    let away = client.send_once(&op::list_events(&EventQuery::default())).await;
    assert!(matches!(away, Err(Failure::Api(error)) if error.code() == Some(Code::Unavailable)));

    let registered = logged(&world, "user-1", "registered").await;
    let failed = logged(&world, "gateway", "a request failed").await;
    for line in [&registered, &failed] {
        assert_eq!(line["span"]["trace_id"], hex(&TRACE), "{line}");
        assert!(line["span"]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    }
    assert_ne!(registered["span"]["request_id"], failed["span"]["request_id"]);
}

/// The first line with this message in a process' log.
async fn logged(world: &World, process: &str, message: &str) -> Value {
    let log = world.system.process(process).unwrap().log();
    eventually(WITHIN, "it is logged", async || {
        let text = std::fs::read_to_string(log).map_err(|error| error.to_string())?;
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["message"] == message).ok_or(text)
    })
    .await
}

/// Those of a client that traces its own calls.
fn traced_connections() -> reqwest::Client {
    let parent = format!("00-{}-{}-01", hex(&TRACE), hex(&CLIENTS_SPAN));
    let headers = HeaderMap::from_iter([(HeaderName::from_static("traceparent"), parent.parse().unwrap())]);
    reqwest::Client::builder().default_headers(headers).build().unwrap()
}

/// A system whose processes all send their spans there, soon, and log as they do in production.
async fn traced(collector: &Collector) -> World {
    let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", collector.url));
    let soon = ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned());
    logging(vec![endpoint, soon]).await
}

/// A system whose processes have these settings, and log as JSON.
async fn logging(mut settings: Vec<(&'static str, String)>) -> World {
    settings.push(("LOG_FORMAT", "json".to_owned()));
    let settings = Service::ALL.into_iter().flat_map(move |service| {
        settings.clone().into_iter().map(move |(name, value)| (service, name.to_owned(), value))
    });
    let settings: Vec<_> = settings.collect();
    World::start_with(|options| SystemOptions {
        settings: options.settings.into_iter().chain(settings).collect(),
        ..options
    })
    .await
}

/// Takes what OTLP over HTTP sends to it.
struct Collector {
    url: String,
    spans: Spans,
}

/// With the names of the services that sent them.
type Spans = Arc<Mutex<Vec<(String, Span)>>>;

impl Collector {
    async fn start() -> Self {
        let spans = Spans::default();
        let shared = web::Data::from(Arc::clone(&spans));
        let server = HttpServer::new(move || {
            App::new().app_data(shared.clone()).route("/v1/traces", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, spans }
    }

    /// The spans of the client's trace by service and name, and those of them whose parent did not come.
    fn tree(&self) -> (BTreeSet<String>, Vec<String>) {
        let spans = self.spans.lock().unwrap();
        let ours = spans.iter().filter(|(_, span)| span.trace_id == TRACE);
        let by_id: BTreeMap<&[u8], String> = ours
            .clone()
            .map(|(service, span)| (&*span.span_id, format!("{service}: {}", span.name)))
            .collect();
        let has_parent =
            |span: &Span| span.parent_span_id == CLIENTS_SPAN || by_id.contains_key(&*span.parent_span_id);
        let orphans = ours.filter(|(_, span)| !has_parent(span)).map(|(_, span)| span.name.clone()).collect();
        (by_id.into_values().collect(), orphans)
    }
}

async fn take(spans: web::Data<Mutex<Vec<(String, Span)>>>, body: web::Bytes) -> HttpResponse {
    let sent = ExportTraceServiceRequest::decode(body).unwrap();
    for resource in sent.resource_spans {
        let attributes = resource.resource.unwrap_or_default().attributes;
        let service = attributes.into_iter().find(|attribute| attribute.key == "service.name");
        let name = match service.and_then(|attribute| attribute.value?.value) {
            Some(AnyValue::StringValue(name)) => name,
            _ => String::new(),
        };
        let sent = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.lock().unwrap().extend(sent.map(|span| (name.clone(), span)));
    }
    HttpResponse::Ok().finish()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
