//! The document that is checked in is what the handlers say, and has the gateway's routes.

use std::{collections::BTreeSet, fs};

use booked_gateway::routes::{Access, Handler, LocalEndpoint, Method, ROUTES};

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
    let routes = ROUTES.iter().filter(|route| !pages.contains(&route.handler));
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
