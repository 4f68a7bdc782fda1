//! Arrows point inward: `inbound → usecases → domain`, `usecases → ports ← outbound`, and the rules of the business
//! know neither HTTP nor a database.

use crate::{
    tokens::{names_in_paths, tokens},
    tree::{Tree, assert_broken, assert_kept},
};

/// A layer of a service, what it must not name of its own crate, and whether it must name no technology either.
struct Layer {
    name: &'static str,
    forbidden: &'static [&'static str],
    pure: bool,
}

const LAYERS: [Layer; 5] = [
    Layer {
        name: "domain",
        forbidden: &["ports", "usecases", "inbound", "outbound", "app", "config"],
        pure: true,
    },
    Layer { name: "ports", forbidden: &["usecases", "inbound", "outbound", "app", "config"], pure: true },
    Layer { name: "usecases", forbidden: &["inbound", "outbound", "app", "config"], pure: true },
    Layer { name: "outbound", forbidden: &["usecases", "inbound", "app"], pure: false },
    Layer { name: "inbound", forbidden: &["app"], pure: false },
];

/// Crates that speak to the outside.
const TECHNOLOGIES: [&str; 16] = [
    "actix_http",
    "actix_web",
    "booked_feed",
    "booked_postgres",
    "deadpool",
    "diesel",
    "diesel_async",
    "diesel_migrations",
    "http",
    "hyper",
    "lettre",
    "redis",
    "reqwest",
    "serde",
    "serde_json",
    "tokio_postgres",
];

fn arrows_point_inward(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let Some(layer) = layer_of(path) else { continue };
        let tokens = tokens(path, text);
        let mut named: Vec<&str> = names_in_paths(&tokens)
            .filter(|name| layer.forbidden.contains(name) || (layer.pure && TECHNOLOGIES.contains(name)))
            .collect();
        named.sort_unstable();
        named.dedup();
        broken.extend(named.iter().map(|name| format!("{path}: {} must not name `{name}`", layer.name)));
    }
    broken
}

/// The layer of `services/<service>/src/<layer>.rs` or of a file in the folder of that name.
fn layer_of(path: &str) -> Option<&'static Layer> {
    let (_, inside) = path.strip_prefix("services/")?.split_once("/src/")?;
    let name = inside.split(['/', '.']).next()?;
    LAYERS.iter().find(|layer| layer.name == name)
}

#[test]
fn in_the_services_arrows_point_inward() {
    assert_kept(arrows_point_inward);
}

#[test]
fn the_domain_knows_no_technology() {
    let text = "use serde::Serialize;\nfn f() -> actix_web::HttpResponse { redis::cmd() }";
    assert_broken(
        arrows_point_inward,
        &[("services/user/src/domain/email.rs", text)],
        &["`actix_web`", "`redis`", "`serde`"],
    );
}

#[test]
fn a_use_case_knows_no_adapter() {
    let text = "use crate::{domain::Seat, outbound::postgres::TicketStore};\nfn f() { crate::inbound::x() }";
    assert_broken(
        arrows_point_inward,
        &[("services/ticketing/src/usecases/book_tickets.rs", text)],
        &["`inbound`", "`outbound`"],
    );
}

#[test]
fn the_domain_knows_no_use_case_and_a_port_no_adapter() {
    assert_broken(
        arrows_point_inward,
        &[
            ("services/user/src/domain.rs", "use super::usecases;"),
            ("services/user/src/ports.rs", "use crate::outbound::postgres::Accounts;"),
        ],
        &["domain must not name `usecases`", "ports must not name `outbound`"],
    );
}

#[test]
fn an_adapter_knows_no_use_case() {
    let text = "use crate::usecases::register;";
    assert_broken(
        arrows_point_inward,
        &[("services/user/src/outbound/postgres/a.rs", text)],
        &["`usecases`"],
    );
}

#[test]
fn words_in_comments_texts_and_variables_are_no_arrows() {
    let text =
        "//! Knows no serde::Serialize.\nfn f(http: u8) -> &'static str { let redis = http; \"redis::cmd\" }";
    assert_broken(arrows_point_inward, &[("services/user/src/domain/email.rs", text)], &[]);
}
