//! The client has every operation of the OpenAPI document, with everything that can be sent and that is answered.

use std::collections::{BTreeMap, BTreeSet};

use booked_client::{Call, EventQuery, FromAnswer, RawAnswer, Tagged, TicketQuery, operations as op};
use booked_contract::{
    event::{EventChange, NewEvent},
    sale::EventStatus,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::LOCATION};
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::{Uuid, uuid};

const ID: Uuid = uuid!("01890a5d-ac96-874b-bd2f-cd3f00000000");
const METHODS: [&str; 5] = ["get", "post", "delete", "put", "patch"];

/// An operation as the client has it, made with every argument.
struct Operation {
    method: Method,
    url: Url,
    body: Value,
    needs_token: bool,
    takes_key: bool,
    takes_tag: bool,
    /// What it reads of an answer, as JSON again.
    read: Box<dyn Fn(&RawAnswer) -> Value>,
}

impl Operation {
    fn of<T: FromAnswer + 'static>(call: Call<T>, to_json: fn(T) -> Value) -> Self {
        let request = call.request();
        Self {
            method: request.method.clone(),
            url: Url::parse("http://localhost").unwrap().join(&request.path).unwrap(),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            needs_token: call.needs_token(),
            takes_key: call.takes_key(),
            takes_tag: false,
            read: Box::new(move |raw| to_json(call.read(raw).unwrap().value)),
        }
    }

    fn read<T: FromAnswer + Serialize + 'static>(call: Call<T>) -> Self {
        Self::of(call, |value| serde_json::to_value(value).unwrap())
    }

    fn read_with_tag<T: Tagged + Serialize + 'static>(call: Call<T>) -> Self {
        let call = call.if_none_match("\"tag\"").unwrap();
        assert_eq!(call.request().if_none_match.as_ref().unwrap(), "\"tag\"");
        Self { takes_tag: true, ..Self::read(call) }
    }
}

fn operations() -> BTreeMap<&'static str, Operation> {
    let events = EventQuery {
        limit: Some(7),
        timestamp: Some(7),
        from: Some(7),
        to: Some(7),
        status: Some(EventStatus::Paused),
        q: Some("proms".to_owned()),
    };
    let tickets = TicketQuery { event_id: Some(ID), after: Some("a".to_owned()), limit: Some(7) };
    let (new, change) = (sample_of::<NewEvent>("NewEvent"), sample_of::<EventChange>("EventChange"));
    BTreeMap::from([
        ("health", Operation::read(op::health())),
        ("list_public_keys", Operation::read(op::list_public_keys())),
        ("register_user", Operation::read(op::register_user("n", "e", "p"))),
        ("log_in", Operation::read(op::log_in("e", "p"))),
        ("list_bookings", Operation::read(op::list_bookings())),
        ("list_tickets", Operation::read(op::list_tickets(&tickets))),
        ("list_events", Operation::read_with_tag(op::list_events(&events))),
        ("get_event", Operation::read_with_tag(op::get_event(ID))),
        ("create_event", Operation::of(op::create_event(&new), |it| json!(it.event_id))),
        ("update_event", Operation::read(op::update_event(&change))),
        ("cancel_event", Operation::read(op::cancel_event(ID, Some("r")))),
        ("delete_event", Operation::read(op::delete_event(ID))),
        ("reserve_tickets", Operation::read(op::reserve_tickets(ID, 2))),
        ("list_holds", Operation::read(op::list_holds(Some(ID)))),
        ("release_tickets", Operation::read(op::release_tickets(&[ID]))),
        ("book_tickets", Operation::read(op::book_tickets(&[ID]))),
        ("cancel_tickets", Operation::read(op::cancel_tickets(ID, 2))),
        ("cancel_chosen_tickets", Operation::read(op::cancel_chosen_tickets(&[ID]))),
        ("add_to_waitlist", Operation::read(op::add_to_waitlist(ID, 2))),
        ("count_waiting", Operation::read(op::count_waiting(ID))),
        ("list_analytics", Operation::read(op::list_analytics())),
        ("list_cancellation_rates", Operation::read(op::list_cancellation_rates())),
    ])
}

fn document() -> Value {
    serde_json::from_str(include_str!("../../../../gateway/openapi.json")).unwrap()
}

/// Method, path and description of each operation of the document, by its `operationId`.
fn documented() -> BTreeMap<String, (String, String, Value)> {
    let mut operations = BTreeMap::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if METHODS.contains(&&**method) {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                operations.insert(id, (method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

/// The names of the parameters in this place.
fn parameters(operation: &Value, place: &str) -> BTreeSet<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let inside = all.filter(|parameter| parameter["in"] == place);
    inside.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

fn resolved(schema: &Value) -> Value {
    match schema["$ref"].as_str() {
        Some(name) => {
            let name = name.rsplit('/').next().unwrap();
            document()["components"]["schemas"][name].clone()
        }
        None => schema.clone(),
    }
}

fn property_names(schema: &Value) -> BTreeSet<String> {
    resolved(schema)["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// A value of the schema: with all members or only the required ones.
fn sample(schema: &Value, required_only: bool) -> Value {
    let schema = resolved(schema);
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap().clone(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let properties = schema["properties"].as_object().unwrap();
            let chosen =
                properties.iter().filter(|(name, _)| !required_only || required.contains(&json!(name)));
            let members = chosen.map(|(name, member)| (name.clone(), sample(member, required_only)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some("array") => json!([sample(&schema["items"], required_only)]),
        Some("integer") => json!(7),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        Some("string") => schema["enum"].get(0).cloned().unwrap_or(json!(ID)),
        other => panic!("no sample of {other:?}"),
    }
}

fn sample_of<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let schema = &document()["components"]["schemas"][name];
    serde_json::from_value(sample(schema, false)).unwrap()
}

/// The same with a member that is not in the document in each object.
fn with_new_members(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), with_new_members(value))).collect();
            members.insert("new".to_owned(), json!([{ "a": null }]));
            Value::Object(members)
        }
        Value::Array(values) => values.iter().map(with_new_members).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_client_has_each_operation_and_no_other() {
    let ours: BTreeSet<String> = operations().into_keys().map(str::to_owned).collect();
    assert_eq!(ours, documented().into_keys().collect());
}

#[test]
fn everything_that_can_be_sent_is_sent() {
    let mut ours = operations();
    for (name, (method, path, operation)) in documented() {
        let our = ours.remove(&*name).unwrap();
        assert_eq!(our.method.as_str(), method, "{name}");
        assert_eq!(our.url.path(), path.replace("{id}", &ID.to_string()), "{name}");
        let query: BTreeSet<String> = our.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(query, parameters(&operation, "query"), "{name}");
        assert_eq!(our.needs_token, operation["security"].is_array(), "{name}");
        let headers = parameters(&operation, "header");
        let expected = [(our.takes_key, "Idempotency-Key"), (our.takes_tag, "If-None-Match")];
        let expected = expected.into_iter().filter(|(takes, _)| *takes).map(|(_, name)| name.to_owned());
        assert_eq!(headers, expected.collect(), "{name}");
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let members: BTreeSet<String> =
            our.body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        assert_eq!(members, property_names(schema), "{name}");
    }
}

#[test]
fn everything_that_is_answered_is_read() {
    let mut ours = operations();
    for (name, (_, _, operation)) in documented() {
        let our = ours.remove(&*name).unwrap();
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.contains_key("304"), our.takes_tag, "{name}");
        let (status, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        let schema = &response["content"]["application/json"]["schema"];
        for required_only in [false, true] {
            let mut headers = HeaderMap::new();
            let (mut expected, mut sent) = (Value::Null, Vec::new());
            if !schema.is_null() {
                expected = sample(schema, required_only);
                // Read as JSON, these keys keep what is new.
                let is_kept = name == "list_public_keys";
                let answer = if is_kept { expected.clone() } else { with_new_members(&expected) };
                sent = serde_json::to_vec(&answer).unwrap();
            } else if response["headers"]["Location"].is_object() {
                headers.insert(LOCATION, HeaderValue::from_str(&format!("/event/{ID}/")).unwrap());
                expected = json!(ID);
            }
            let status = StatusCode::from_u16(status.parse().unwrap()).unwrap();
            let raw = RawAnswer { status, headers, body: Bytes::from(sent) };
            assert_eq!((our.read)(&raw), expected, "{name}");
        }
    }
}

#[test]
fn each_status_of_the_document_is_known() {
    let statuses = document()["components"]["schemas"]["EventStatus"]["enum"].as_array().unwrap().clone();
    assert_eq!(statuses.len(), 5);
    for status in statuses {
        let known: EventStatus = serde_json::from_value(status.clone()).unwrap();
        assert_ne!(known, EventStatus::Other, "{status}");
        assert_eq!(serde_json::to_value(known).unwrap(), status);
    }
}
