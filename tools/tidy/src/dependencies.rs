//! Services know each other over HTTP only: none links another's crate. And no crate or module is a dumping ground.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use crate::{
    tokens::{Token, tokens},
    tree::{Tree, assert_broken, assert_kept},
};

const SERVICES: [&str; 5] =
    ["booked-analytics", "booked-event", "booked-gateway", "booked-ticketing", "booked-user"];

/// The generator of the OpenAPI document.
const MAY_NAME_SERVICES: [&str; 1] = ["booked-openapi"];

const UNGUARDED: &str = "unguarded";

/// Names that say nothing, and so invite everything.
const DUMPING_GROUNDS: [&str; 8] =
    ["common", "commons", "helper", "helpers", "misc", "shared", "util", "utils"];

/// What breaks the rule, from the answer of `cargo metadata`.
fn services_are_apart(metadata: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if SERVICES.contains(&on) && on != name && !MAY_NAME_SERVICES.contains(&name) {
                broken.push(format!("{name} must not depend on the service {on}"));
            }
        }
    }
    broken
}

/// The feature that switches guards of the protocol off is for tests: nobody else asks for it, and it is never a default.
fn guards_are_on(metadata: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            if has(&dependency["features"], UNGUARDED) && dependency["kind"] != "dev" {
                broken.push(format!("{name} must not ask for `{UNGUARDED}` of {}", dependency["name"]));
            }
        }
        if has(&package["features"]["default"], UNGUARDED) {
            broken.push(format!("{name} must not have `{UNGUARDED}` by default"));
        }
    }
    broken
}

/// `crates` holds what the programs of images link, and nothing else.
fn crates_are_what_ships(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = |name: &str| packages.iter().find(|it| it["name"] == name);
    let folder = |package: &Value| {
        let manifest = package["manifest_path"].as_str().unwrap();
        let root = metadata["workspace_root"].as_str().unwrap();
        manifest.strip_prefix(root).unwrap().trim_start_matches('/').split('/').next().unwrap().to_owned()
    };
    let mut linked = BTreeSet::new();
    let mut next: Vec<&str> = SERVICES.to_vec();
    let mut broken = Vec::new();
    while let Some(name) = next.pop() {
        for dependency in package(name).unwrap()["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let Some(on_package) = package(on).filter(|_| dependency["kind"] != "dev") else { continue };
            if linked.insert(on) {
                next.push(on);
                if folder(on_package) != "crates" {
                    broken.push(format!("{name} is in an image and links {on}, which is not in crates/"));
                }
            }
        }
    }
    let inside = packages.iter().filter(|it| folder(it) == "crates").map(|it| it["name"].as_str().unwrap());
    let unlinked = inside.filter(|name| !linked.contains(name));
    broken.extend(unlinked.map(|name| format!("{name} is in crates/, and no program of an image links it")));
    broken
}

fn has(features: &Value, feature: &str) -> bool {
    features.as_array().is_some_and(|features| features.iter().any(|it| it == feature))
}

fn no_dumping_grounds(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let stem = path.trim_end_matches(".rs");
        if let Some(part) = stem.split('/').find(|part| DUMPING_GROUNDS.contains(part)) {
            broken.push(format!("{path}: call it by its purpose instead of `{part}`"));
        }
        for pair in tokens(path, text).windows(3) {
            if let [Token::Word(keyword), Token::Word(name), Token::Sign('{')] = pair
                && keyword == "mod"
                && DUMPING_GROUNDS.contains(&name.as_str())
            {
                broken.push(format!("{path}: call the module by its purpose instead of `{name}`"));
            }
        }
    }
    broken
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn guards_are_switched_off_in_tests_only() {
    let broken = guards_are_on(&metadata());
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn a_program_without_guards_breaks_the_rule() {
    let asks = |kind: Value| serde_json::json!({ "name": "x", "features": ["unguarded"], "kind": kind });
    let metadata = serde_json::json!({ "packages": [
        { "name": "a", "dependencies": [asks(Value::Null)], "features": {} },
        { "name": "b", "dependencies": [asks("dev".into())], "features": { "default": ["unguarded"] } },
        { "name": "c", "dependencies": [asks("dev".into())], "features": { "unguarded": [] } },
    ]});
    assert_eq!(
        guards_are_on(&metadata),
        ["a must not ask for `unguarded` of \"x\"", "b must not have `unguarded` by default"]
    );
}

#[test]
fn no_service_depends_on_another() {
    let metadata = metadata();
    let broken = services_are_apart(&metadata);
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    let packages = metadata["packages"].as_array().unwrap();
    for service in SERVICES {
        assert!(packages.iter().any(|it| it["name"] == service), "no package is called {service} any more");
    }
}

#[test]
fn a_service_that_links_another_breaks_the_rule() {
    let metadata = serde_json::json!({ "packages": [
        { "name": "booked-event", "dependencies": [{ "name": "booked-ticketing" }, { "name": "serde" }] },
        { "name": "booked-feed", "dependencies": [{ "name": "booked-event", "kind": "dev" }] },
        { "name": "booked-openapi", "dependencies": [{ "name": "booked-event" }] },
    ]});
    assert_eq!(
        services_are_apart(&metadata),
        [
            "booked-event must not depend on the service booked-ticketing",
            "booked-feed must not depend on the service booked-event"
        ]
    );
}

#[test]
fn crates_holds_what_images_link_and_nothing_else() {
    let broken = crates_are_what_ships(&metadata());
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn a_tool_in_an_image_and_a_crate_in_none_break_the_rule() {
    let package = |name: &str, folder: &str, on: Value| serde_json::json!({ "name": name, "manifest_path": format!("/w/{folder}/x/Cargo.toml"), "dependencies": on });
    let on = |name: &str, kind: Option<&str>| serde_json::json!({ "name": name, "kind": kind });
    let mut packages: Vec<Value> =
        SERVICES[1..].iter().map(|name| package(name, "services", Value::Array(vec![]))).collect();
    packages.push(package(
        SERVICES[0],
        "services",
        Value::Array(vec![on("feed", None), on("sandbox", Some("dev")), on("serde", None)]),
    ));
    packages.push(package("feed", "crates", Value::Array(vec![on("plots", None)])));
    packages.push(package("plots", "tools", Value::Array(vec![])));
    packages.push(package("sandbox", "tools", Value::Array(vec![])));
    packages.push(package("idle", "crates", Value::Array(vec![])));
    let metadata = serde_json::json!({ "workspace_root": "/w", "packages": packages });
    assert_eq!(
        crates_are_what_ships(&metadata),
        [
            "feed is in an image and links plots, which is not in crates/",
            "idle is in crates/, and no program of an image links it"
        ]
    );
}

#[test]
fn nothing_is_called_common_or_utils() {
    assert_kept(no_dumping_grounds);
}

#[test]
fn a_crate_or_a_module_called_utils_breaks_the_rule() {
    assert_broken(
        no_dumping_grounds,
        &[
            ("crates/common/src/lib.rs", ""),
            ("services/user/src/domain/utils.rs", ""),
            ("services/user/src/lib.rs", "mod helpers { }"),
        ],
        &["`common`", "`utils`", "`helpers`"],
    );
}
