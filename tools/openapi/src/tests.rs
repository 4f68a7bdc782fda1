//! The document that is checked in is what the handlers say, and has the gateway's routes.

mod breaking;

use std::{collections::BTreeSet, fs};

use booked_gateway::routes::{Access, Handler, LocalEndpoint, Method, ROUTES};
use serde_json::json;

use crate::{
    checked_in,
    document::{document, operation_of},
    text,
};

#[test]
fn the_document_that_is_checked_in_is_what_the_handlers_say() {
    let made = text();
    let checked_in = fs::read_to_string(checked_in()).unwrap();
    let first_difference = made.lines().zip(checked_in.lines()).position(|(made, kept)| made != kept);
    assert!(
        made == checked_in,
        "gateway/openapi.json differs from what the handlers say, first at line {:?}; write it anew by\n    \
         cargo run -p booked-openapi",
        first_difference.map(|line| line + 1)
    );
}

#[test]
fn the_document_has_every_route_of_the_gateway_and_no_other() {
    let document = document();
    let documented: BTreeSet<String> = document
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = [("GET", &item.get), ("POST", &item.post), ("DELETE", &item.delete)];
            let methods = methods.into_iter().filter(|(_, operation)| operation.is_some());
            methods.map(move |(method, _)| described(method, path)).collect::<Vec<_>>()
        })
        .collect();
    let pages = [Handler::Local(LocalEndpoint::Docs), Handler::Local(LocalEndpoint::OpenApi)];
    let routes = ROUTES.iter().filter(|route| !pages.contains(&route.handler) && !route.is_of_pages());
    let routed: BTreeSet<String> = routes.map(|route| described(name(route.method), route.path)).collect();
    assert_eq!(documented, routed);
}

#[test]
fn a_route_asks_for_a_token_where_the_gateway_does() {
    let mut document = document();
    for route in ROUTES {
        let Some(item) = document.paths.paths.get_mut(route.path) else { continue };
        let operation = operation_of(item, route.method);
        let asks = operation.as_ref().is_some_and(|operation| operation.security.is_some());
        assert_eq!(asks, route.access != Access::Anyone, "{} {}", name(route.method), route.path);
    }
}

#[test]
fn what_changes_something_with_a_token_takes_an_idempotency_key_and_nothing_else_does() {
    let document = serde_json::to_value(document()).unwrap();
    for route in ROUTES {
        let method = name(route.method);
        let operation = &document["paths"][route.path][method.to_lowercase()];
        let at = format!("{method} {}", route.path);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let keys: Vec<_> = parameters.filter(|parameter| parameter["name"] == "Idempotency-Key").collect();
        let takes_key = route.method != Method::Get && route.access != Access::Anyone;
        if !takes_key {
            assert!(keys.is_empty(), "{at}");
            assert!(!operation.to_string().contains("IDEM-"), "{at}");
            continue;
        }
        let [key] = &keys[..] else { panic!("{at}: {keys:?}") };
        assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{at}");
        let pattern = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 512, "pattern": pattern});
        assert_eq!(key["schema"], schema, "{at}");
        let responses = operation["responses"].as_object().unwrap();
        for (status, code) in [("400", "IDEM-01"), ("422", "IDEM-02"), ("409", "IDEM-03")] {
            let description = responses[status]["description"].as_str().unwrap();
            assert_eq!(description.matches(code).count(), 1, "{at}: {status} {description}");
        }
        assert!(responses["409"]["headers"]["Retry-After"].is_object(), "{at}");
        for (status, response) in responses {
            let is_never_replayed = status.starts_with('5') || matches!(&**status, "401" | "429");
            let says_so = response["headers"]["Idempotency-Replayed"].is_object();
            assert!(says_so || !status.starts_with('2'), "{at}: {status}");
            assert!(!(says_so && is_never_replayed), "{at}: {status}");
        }
    }
}

#[test]
fn the_document_says_who_should_send_idempotency_keys() {
    let description = document().info.description.unwrap();
    for part in [
        "A client that sends a POST or DELETE with a token should give it an `Idempotency-Key`",
        "for at least 24 hours",
        "`Idempotency-Replayed: true`",
    ] {
        assert!(description.contains(part), "{part}: {description}");
    }
}

/// Paths are the same with and without their last slash; some are known without it.
fn described(method: &str, path: &str) -> String {
    format!("{method} {}", path.trim_end_matches('/'))
}

#[test]
fn the_server_is_the_one_that_serves_the_document() {
    let servers = document().servers.unwrap();
    let urls: Vec<&str> = servers.iter().map(|server| server.url.as_str()).collect();
    assert_eq!(urls, ["/"]);
}

#[test]
fn the_document_says_that_clients_must_accept_what_they_do_not_know() {
    let description = document().info.description.unwrap();
    assert!(
        description.contains(
            "Clients must accept members of answers, headers, error codes and values of enumerations that they do not know"
        ),
        "{description}"
    );
}

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    }
}
