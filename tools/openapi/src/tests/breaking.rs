//! Clients of the last release can live with the document as it is now; and what would break them is found.

use serde_json::{Value, json};

use crate::{
    breaking::{changes, may_break},
    document::document,
};

/// `deploy/release` puts the document of each release there.
fn released() -> Value {
    serde_json::from_str(include_str!("../../../../gateway/openapi-released.json")).unwrap()
}

fn version(document: &Value) -> &str {
    document["info"]["version"].as_str().unwrap()
}

#[test]
fn the_document_breaks_no_client_of_the_last_release_unless_its_version_says_so() {
    let (old, new) = (released(), serde_json::to_value(document()).unwrap());
    if may_break(version(&old), version(&new)) {
        return;
    }
    let breaking = changes(&old, &new);
    assert!(
        breaking.is_empty(),
        "{} breaks clients of {}:\n{}",
        version(&new),
        version(&old),
        breaking.join("\n")
    );
}

#[test]
fn a_major_version_may_break_clients_and_before_the_first_a_minor_one() {
    for (old, new, may) in [
        ("0.2.0", "0.2.1", false),
        ("0.2.0", "0.3.0", true),
        ("0.2.0", "1.0.0", true),
        ("1.2.0", "1.3.0", false),
        ("1.2.0", "2.0.0", true),
    ] {
        assert_eq!(may_break(old, new), may, "{old} to {new}");
    }
}

/// What the change of the document at this place brings about, in words.
fn found(place: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let old = released();
    let mut new = old.clone();
    let place = new.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}"));
    change(place);
    changes(&old, &new)
}

fn remove(name: &'static str) -> impl FnOnce(&mut Value) {
    move |value| assert!(value.as_object_mut().unwrap().remove(name).is_some(), "there is no {name}")
}

fn set(name: &'static str, to: Value) -> impl FnOnce(&mut Value) {
    move |value| value[name] = to
}

fn add(to: Value) -> impl FnOnce(&mut Value) {
    move |value| value.as_array_mut().unwrap().push(to)
}

#[test]
fn what_breaks_a_client_is_found() {
    let schemas = |name: &str| format!("/components/schemas/{name}");
    let required = json!({ "name": "token", "in": "query", "required": true, "schema": {} });
    let breaking = [
        found("/paths", remove("/ticket/book/")),
        found("/paths/~1event~1", remove("delete")),
        found("/paths/~1event~1/get", set("security", json!([{ "bearer": [] }]))),
        found("/paths/~1event~1/get/parameters/0", set("name", json!("size"))),
        found("/paths/~1event~1/get/parameters/0", set("required", json!(true))),
        found("/paths/~1event~1/get/parameters", add(required)),
        found("/paths/~1ticket~1book~1/post", remove("requestBody")),
        found("/paths/~1event~1/post/responses", remove("201")),
        found("/paths/~1event~1/post/responses", set("202", json!({}))),
        found("/paths/~1event~1/post/responses/201/headers", remove("Location")),
        found("/paths/~1event~1/get/responses/200", remove("content")),
        found(&schemas("Event/properties"), remove("seat_count")),
        found(&schemas("Event/properties/name"), set("type", json!(["string", "null"]))),
        found(&schemas("Event"), set("required", json!(["id"]))),
        found(&schemas("NewEvent/required"), add(json!("latitude"))),
        found(&schemas("NewEvent/properties"), remove("latitude")),
        found(&schemas("NewEvent/properties/name"), set("type", json!("integer"))),
        found(&schemas("NewEvent/properties/name"), set("maxLength", json!(10))),
        found(&schemas("TicketIds/properties/ticket_ids"), set("minItems", json!(2))),
        found(&schemas("TicketIds/properties/ticket_ids/items"), set("type", json!("integer"))),
        found(&schemas("Reservation/properties/ticket_ids/items"), set("format", json!("uri"))),
        found(&schemas("LogIn/properties/email"), set("enum", json!(["ada@example.com"]))),
        found(&schemas("ErrorBody/properties"), remove("category_code")),
    ];
    for (number, found) in breaking.iter().enumerate() {
        assert!(!found.is_empty(), "the change number {number} was not found");
    }
}

#[test]
fn what_breaks_nobody_is_not_found() {
    let schemas = |name: &str| format!("/components/schemas/{name}");
    let optional = json!({ "name": "color", "in": "query", "schema": { "type": "string" } });
    let harmless = [
        found("/paths", set("/new/", json!({ "get": {} }))),
        found("/paths/~1event~1/get/parameters", add(optional)),
        found("/paths/~1event~1/get/responses", set("418", json!({}))),
        found("/paths/~1event~1/get/responses", remove("500")),
        found("/paths/~1event~1/get", set("description", json!("New words"))),
        found(&schemas("Event/properties"), set("color", json!({ "type": "string" }))),
        found(&schemas("Event/required"), add(json!("latitude"))),
        found(&schemas("NewEvent/properties"), set("color", json!({ "type": "string" }))),
        found(&schemas("NewEvent/properties/name"), set("type", json!(["string", "null"]))),
        found(&schemas("EventStatus/enum"), add(json!("moved"))),
    ];
    for (number, found) in harmless.iter().enumerate() {
        assert!(found.is_empty(), "the change number {number}: {found:?}");
    }
}
