//! Whatever a body, a query or a path contains, the response is one of the contract's and nothing breaks.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{caller::Answer, create_event::proms, world::World};

/// One service for all cases; it lives as long as the test process.
static SERVICE: LazyLock<(Runtime, World)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::start());
    runtime.block_on(world.create(&proms()));
    (runtime, world)
});

fn send(method: Method, path: &str, body: Vec<u8>) -> Answer {
    let (runtime, world) = &*SERVICE;
    runtime.block_on(world.admin.send(method, path, body))
}

/// Any part of a path except those that the HTTP client itself resolves.
fn any_segment() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..60).prop_filter("it leads elsewhere", |segment| segment != b"." && segment != b"..")
}

/// Any JSON; some of its values are of the kinds that the fields of events have.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("00000000-0000-8000-8000-000000000000")),
        (-2_i64..=1_000_002).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An event in which each field holds, with even chance, the right value or anything.
fn any_fields() -> impl Strategy<Value = Value> {
    let names = [
        "id",
        "name",
        "unix_time",
        "address",
        "description",
        "latitude",
        "longitude",
        "seat_count",
        "on_sale_unix_time",
        "off_sale_unix_time",
        "paused",
        "max_per_buyer",
        "reason",
    ];
    vec(proptest::option::of(any_json()), names.len()).prop_map(move |values| {
        let mut event = proms();
        for (name, value) in names.iter().zip(values) {
            if let Some(value) = value {
                event[name] = value;
            }
        }
        event
    })
}

/// A path that takes a body.
fn any_path() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("/event/"), Just("/event/update/"), Just("/event/cancel/")]
}

/// Percent-encodes, so that any bytes can be part of a path or a query.
fn encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bodies_of_any_bytes(body in vec(any::<u8>(), 0..200), path in any_path()) {
        let answer = send(Method::POST, path, body);
        prop_assert_eq!(answer.error(), (400, "SYS-01"));
    }

    #[test]
    fn bodies_of_any_fields(body in any_fields(), path in any_path()) {
        let answer = send(Method::POST, path, body.to_string().into_bytes());
        if ![200, 201].contains(&answer.status) {
            let (status, code) = answer.error();
            prop_assert_eq!(status, 400);
            prop_assert!(code == "SYS-01" || code.starts_with("EVENT-"), "{}", code);
        }
    }

    #[test]
    fn queries_of_any_text(name in "(limit|timestamp|from|to|status|q|id|.{0,5})", value in any::<String>(), raw in "[!-~&&[^#?\"<>]]{0,40}") {
        let query = format!("{}={}&{raw}", encoded(name.as_bytes()), encoded(value.as_bytes()));
        prop_assert_eq!(send(Method::GET, &format!("/event/?{query}"), Vec::new()).status, 200);
        let answer = send(Method::DELETE, &format!("/event/?{query}"), Vec::new());
        prop_assert_eq!(answer.status, 400);
    }

    #[test]
    fn ids_of_any_bytes(id in any_segment()) {
        let answer = send(Method::GET, &format!("/event/{}/", encoded(&id)), Vec::new());
        prop_assert_eq!(answer.error(), (400, "EVENT-02"));
    }
}
