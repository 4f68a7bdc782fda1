//! Whatever is sent to whichever route gets one of the contract's answers: never a 5xx, and nothing changed by a refusal.

use booked_identity::internal::{CREDENTIAL_HEADER, EMAIL_HEADER, ROLE_HEADER, USER_HEADER};
use booked_ids::{EventId, SeatNumber};
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
};
use reqwest::Method;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::support::{Buyer, Sale};

const ROUTES: [&str; 6] = [
    "/ticket/reserve/",
    "/ticket/book/",
    "/ticket/release/",
    "/ticket/cancel/",
    "/ticket/cancel_tickets/",
    "/waitlist/add/",
];
const LISTS: [&str; 3] = ["/user/bookings/", "/user/tickets/", "/ticket/holds/"];
const INTERNAL: [&str; 2] = ["/internal/availability", "/internal/catch-up"];

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Texts that are ids, nearly, or not at all.
fn id_text(event: EventId) -> impl Strategy<Value = String> {
    let uuid = any::<u128>().prop_map(|bits| Uuid::from_u128(bits).to_string());
    let ticket = any::<u32>().prop_filter_map("a seat", move |seat| {
        SeatNumber::new(seat).map(|seat| event.ticket(seat).to_string())
    });
    prop_oneof![
        Just(event.to_string()),
        (1..20_u32).prop_map(move |seat| event.ticket(SeatNumber::new(seat).unwrap()).to_string()),
        ticket,
        uuid.clone(),
        uuid.prop_map(|text| text.to_uppercase()),
        "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{4}0{8}",
        "[0-9a-f-]{0,40}",
        any::<String>(),
    ]
}

/// Any JSON text, numbers that fit nowhere among them.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (-3..120_i64).prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has it", |number| number.is_finite())
            .prop_map(|number| number.to_string()),
        "-?[0-9]{1,30}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,4})?",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number,
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|values| format!("[{}]", values.join(","))),
            vec((any::<String>(), inner), 0..6).prop_map(|fields| {
                let field = |(name, value)| format!("{}:{value}", serde_json::Value::from(name));
                format!("{{{}}}", fields.into_iter().map(field).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn body(event: EventId) -> impl Strategy<Value = Vec<u8>> {
    let quoted = move || id_text(event).prop_map(|text| serde_json::Value::from(text).to_string());
    let id = prop_oneof![4 => quoted(), 1 => json_text()];
    let ids = prop_oneof![
        4 => vec(quoted(), 0..30).prop_map(|ids| format!("[{}]", ids.join(","))),
        1 => json_text(),
    ];
    let fields = (id, ids, json_text(), any::<bool>());
    let plausible = fields.prop_map(|(event_id, ticket_ids, count, twice)| {
        let fields = format!(
            r#""event_id":{event_id},"event_ids":{ticket_ids},"ticket_ids":{ticket_ids},"count":{count}"#
        );
        if twice { format!("{{{fields},{fields}}}") } else { format!("{{{fields}}}") }.into_bytes()
    });
    prop_oneof![
        6 => plausible,
        1 => json_text().prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..300),
    ]
}

/// Sends it, and checks the answer's form.
async fn check(buyer: &Buyer, method: Method, path: &str, body: Vec<u8>) -> u16 {
    let shown = String::from_utf8_lossy(&body).into_owned();
    let question = format!("{method} {path} {shown}");
    let response = buyer.request(method, path).body(body).send().await;
    let response = response.unwrap_or_else(|error| panic!("{question}: {error:?}"));
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert!(matches!(status, 200 | 400), "{question}: {status} {text}");
    if status == 400 {
        let error: serde_json::Value = serde_json::from_str(&text).expect("errors are JSON");
        let (code, category) =
            (error["category_code"].as_str().unwrap(), error["category"].as_str().unwrap());
        assert!(code.starts_with(&format!("{category}-")), "{question}: {text}");
        assert!(!error["msg"].as_str().unwrap().is_empty(), "{question}: {text}");
    }
    status
}

#[test]
fn any_body_is_answered_and_a_refusal_changes_nothing() {
    let runtime = runtime();
    let (sale, event, ada) = runtime.block_on(async {
        let sale = Sale::start().await;
        let event = sale.create_event(1_000_000).await;
        let ada = sale.buyer("Ada");
        ada.holds(event, 5).await;
        ada.buys(event, 5).await;
        (sale, event, ada)
    });
    let _guard = runtime.enter();
    proptest!(config(600), |(body in body(event), route in 0..ROUTES.len())| {
        runtime.block_on(async {
            let before = (sale.occupied(event).await, ada.tickets_of(event).await);
            let status = check(&ada, Method::POST, ROUTES[route], body).await;
            let after = (sale.occupied(event).await, ada.tickets_of(event).await);
            assert!(status == 200 || before == after, "refused, but {before:?} became {after:?}");
        });
    });
    drop(sale);
}

#[test]
fn any_body_of_another_service_is_answered() {
    let runtime = runtime();
    let (sale, event, ada) = runtime.block_on(async {
        let sale = Sale::start().await;
        let event = sale.create_event(10).await;
        let ada = sale.buyer("Ada");
        (sale, event, ada)
    });
    let _guard = runtime.enter();
    proptest!(config(200), |(body in body(event), route in 0..INTERNAL.len())| {
        runtime.block_on(check(&ada, Method::POST, INTERNAL[route], body));
    });
    drop(sale);
}

#[test]
fn any_headers_and_queries_are_answered() {
    let runtime = runtime();
    let sale = runtime.block_on(Sale::start());
    let _guard = runtime.enter();
    let client = reqwest::Client::new();
    let header =
        || prop_oneof!["[ -~]{0,60}", "[0-9a-f-]{36}", Just("user".to_owned()), Just("QWRh".to_owned())];
    let headers = vec((0..4_usize, header()), 0..8);
    let query = prop_oneof!["[ -~]{0,40}", "(event_id|after|limit)=[ -~]{0,40}", "after=[0-9A-Za-z_-]{32}"];
    let list = 0..=LISTS.len();
    proptest!(config(500), |(headers in headers, query in query, list in list, credential in any::<bool>())| {
        let of_list = LISTS.get(list).map(|path| (Method::GET, *path));
        let (method, path) = of_list.unwrap_or((Method::POST, ROUTES[0]));
        let names = [USER_HEADER, EMAIL_HEADER, ROLE_HEADER, CREDENTIAL_HEADER];
        let query: String = query.chars().filter(|letter| *letter != '#').collect();
        let mut request = client.request(method, format!("{}{path}?{query}", sale.url()));
        if credential {
            request = request.header(CREDENTIAL_HEADER, crate::support::CREDENTIAL);
        }
        for (name, value) in &headers {
            request = request.header(names[*name], value);
        }
        let status = runtime.block_on(async { request.send().await.unwrap().status().as_u16() });
        assert!(matches!(status, 200 | 400 | 401), "{headers:?} {query:?}: {status}");
    });
    drop(sale);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_as_such() {
    let sale = Sale::start().await;
    let ada = sale.buyer("Ada");
    for route in ROUTES {
        ada.send(Method::POST, route, Some(" ".repeat((1 << 20) + 1))).await.says("413 SYS-09");
        ada.send(Method::POST, route, Some(" ".repeat(1 << 20))).await.says("400 SYS-01");
    }
}
