//! How the bodies of requests are read, whatever a client sends.

use booked_contract::{
    event::{EventChange, NewEvent},
    json::{Undecodable, read_object},
    ticket::{SeatsOfEvent, TicketIds},
    user::{LogIn, Registration},
};
use proptest::{collection::vec, prelude::*, sample};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn count(body: &str) -> Result<i64, Undecodable> {
    read_object::<SeatsOfEvent>(body.as_bytes()).map(|seats| seats.count)
}

fn event_id(body: impl AsRef<[u8]>) -> Result<String, Undecodable> {
    read_object::<SeatsOfEvent>(body.as_ref()).map(|seats| seats.event_id)
}

fn ticket_ids(body: &str) -> Result<Vec<String>, Undecodable> {
    read_object::<TicketIds>(body.as_bytes()).map(|tickets| tickets.ticket_ids)
}

#[test]
fn a_body_that_is_not_one_json_object_cannot_be_decoded() {
    let bodies = [
        "",
        " ",
        "null",
        "true",
        "1",
        "\"{}\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{}{}",
        "{} 1",
        "{},",
        "{\"count\":1,}",
        "{count:1}",
        "{'count':1}",
        "{\"count\"}",
        "{\"count\":}",
        "{\"count\":1}]",
        "//\n{}",
        "{}/**/",
        "\u{feff}{}",
        "\u{a0}{}",
        "\0{}",
        "{}\0",
        "count=1",
    ];
    for body in bodies {
        assert!(read_object::<SeatsOfEvent>(body.as_bytes()).is_err(), "{body:?}");
    }
}

#[test]
fn white_space_around_the_object_is_nothing() {
    assert_eq!(count(" \t\r\n{ \"count\" :\n2 }\r\n "), Ok(2));
}

#[test]
fn an_array_is_no_object_even_with_the_right_values_in_it() {
    assert!(read_object::<SeatsOfEvent>(br#"["id",1]"#).is_err());
    assert!(read_object::<TicketIds>(br#"[["id"]]"#).is_err());
}

#[test]
fn missing_and_null_required_fields_count_as_empty() {
    for body in ["{}", r#"{"event_id":null,"count":null}"#] {
        let seats: SeatsOfEvent = read_object(body.as_bytes()).unwrap();
        assert_eq!((seats.event_id.as_str(), seats.count), ("", 0), "{body}");
    }
    for body in ["{}", r#"{"ticket_ids":null}"#] {
        assert_eq!(ticket_ids(body), Ok(vec![]), "{body}");
    }
    for body in ["{}", r#"{"name":null,"email":null,"password":null}"#] {
        let person: Registration = read_object(body.as_bytes()).unwrap();
        assert_eq!((person.name, person.email, person.password), Default::default(), "{body}");
        let person: LogIn = read_object(body.as_bytes()).unwrap();
        assert_eq!((person.email, person.password), Default::default(), "{body}");
    }
    let nulls = r#"{"name":null,"unix_time":null,"address":null,"description":null,"latitude":null,
        "longitude":null,"seat_count":null}"#;
    for body in ["{}", nulls] {
        let event: NewEvent = read_object(body.as_bytes()).unwrap();
        assert_eq!((event.name, event.address, event.description), Default::default(), "{body}");
        assert_eq!((event.unix_time, event.seat_count), (None, 0), "{body}");
        assert_eq!((event.latitude, event.longitude), (None, None), "{body}");
    }
}

#[test]
fn null_names_nothing_in_a_change() {
    let nulls = r#"{"id":"x","name":null,"unix_time":null,"address":null,"description":null,"latitude":null,
        "longitude":null,"seat_count":null}"#;
    for body in [r#"{"id":"x"}"#, nulls] {
        let change: EventChange = read_object(body.as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(&change).unwrap(), json!({"id": "x"}), "{body}");
    }
    let change: EventChange = read_object(br#"{"name":"","seat_count":0}"#).unwrap();
    assert_eq!((change.name.as_deref(), change.seat_count), (Some(""), Some(0)), "empty is not null");
}

#[test]
fn unknown_fields_are_ignored_whatever_they_hold() {
    let unknown =
        ["1", "-1.5e300", "1e999", "null", r#""\u0000""#, r#""\ud800""#, r#"{"count":"x"}"#, "[1,[2,{}]]"];
    for value in unknown {
        assert_eq!(count(&format!(r#"{{"new":{value},"count":2,"":{value}}}"#)), Ok(2), "{value}");
    }
    assert_eq!(count(r#"{"Count":7,"COUNT":8,"new":1,"new":2,"\u0000":3,"count":2}"#), Ok(2));
}

#[test]
fn an_integer_is_taken_over_the_whole_range_of_64_bits() {
    for number in [i64::MIN, -1, 0, 1, i64::MAX] {
        assert_eq!(count(&format!(r#"{{"count":{number}}}"#)), Ok(number));
    }
    assert_eq!(count(r#"{"count":-0}"#), Ok(0), "it has no point, no exponent and is within range");
    let change: EventChange = read_object(br#"{"unix_time":-0,"seat_count":-9223372036854775808}"#).unwrap();
    assert_eq!((change.unix_time, change.seat_count), (Some(0), Some(i64::MIN)));
}

#[test]
fn an_integer_with_a_point_an_exponent_or_out_of_range_cannot_be_decoded() {
    let numbers = [
        "1.0",
        "1.5",
        "-0.0",
        "0e0",
        "1e2",
        "1E2",
        "1e-2",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "99999999999999999999999999",
        "1e999",
        "01",
        "+1",
        "0x1",
        "NaN",
        "Infinity",
        "--1",
        "1_000",
    ];
    for number in numbers {
        for field in ["unix_time", "seat_count"] {
            let body = format!(r#"{{"{field}":{number}}}"#);
            assert!(read_object::<NewEvent>(body.as_bytes()).is_err(), "{body}");
            assert!(read_object::<EventChange>(body.as_bytes()).is_err(), "{body}");
        }
        assert!(count(&format!(r#"{{"count":{number}}}"#)).is_err(), "{number}");
    }
}

#[test]
fn a_wrong_type_cannot_be_decoded() {
    for value in [r#""1""#, r#""""#, "true", "[]", "[1]", "{}"] {
        assert!(count(&format!(r#"{{"count":{value}}}"#)).is_err(), "count {value}");
    }
    for value in ["1", "false", "[]", r#"["x"]"#, "{}"] {
        assert!(event_id(format!(r#"{{"event_id":{value}}}"#)).is_err(), "event_id {value}");
        let body = format!(r#"{{"name":{value}}}"#);
        assert!(read_object::<EventChange>(body.as_bytes()).is_err(), "{body}");
    }
    for value in [r#""x""#, "1", "{}", "[null]", "[1]", r#"[["x"]]"#, r#"["x",null]"#] {
        assert!(ticket_ids(&format!(r#"{{"ticket_ids":{value}}}"#)).is_err(), "ticket_ids {value}");
    }
    for value in [r#""1.5""#, "true", "[]", "1e999"] {
        let body = format!(r#"{{"latitude":{value}}}"#);
        assert!(read_object::<NewEvent>(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn coordinates_are_any_numbers_and_keep_every_digit() {
    for (text, number) in [("51", 51.0), ("5.1e1", 51.0), ("-0.17740000000000003", -0.177_400_000_000_000_03)]
    {
        let event: NewEvent = read_object(format!(r#"{{"latitude":{text}}}"#).as_bytes()).unwrap();
        assert_eq!(event.latitude, Some(number), "{text}");
    }
}

#[test]
fn a_text_with_u_0000_cannot_be_decoded() {
    let with_nul = |field: &str| format!(r#"{{"{field}":"a\u0000b"}}"#).into_bytes();
    for field in ["name", "email", "password"] {
        assert!(read_object::<Registration>(&with_nul(field)).is_err(), "{field}");
    }
    for field in ["email", "password"] {
        assert!(read_object::<LogIn>(&with_nul(field)).is_err(), "{field}");
    }
    for field in ["name", "address", "description"] {
        assert!(read_object::<NewEvent>(&with_nul(field)).is_err(), "{field}");
        assert!(read_object::<EventChange>(&with_nul(field)).is_err(), "{field}");
    }
    assert!(read_object::<EventChange>(&with_nul("id")).is_err());
    assert!(event_id(with_nul("event_id")).is_err());
    assert!(ticket_ids(r#"{"ticket_ids":["a","a\u0000b"]}"#).is_err());
    assert!(event_id("{\"event_id\":\"a\0b\"}").is_err(), "JSON wants control characters escaped");
}

#[test]
fn other_characters_come_through_as_they_are() {
    assert_eq!(event_id(r#"{"event_id":"é\u0001\ud83c\udfab\"\/\\"}"#), Ok("é\u{1}🎫\"/\\".to_owned()));
}

#[test]
fn a_lone_surrogate_is_no_text() {
    for value in [r#""\ud800""#, r#""\udc00""#, r#""\ud83c x""#, r#""\udfab\ud83c""#] {
        assert!(event_id(format!(r#"{{"event_id":{value}}}"#)).is_err(), "{value}");
        assert!(ticket_ids(&format!(r#"{{"ticket_ids":[{value}]}}"#)).is_err(), "{value}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_cannot_be_decoded_wherever_they_stand() {
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88\x80\x80\x80"] {
        let places: [[&[u8]; 3]; 3] = [
            [b"{\"event_id\":\"", bytes, b"\"}"],
            [b"{\"unknown\":\"", bytes, b"\"}"],
            [b"{\"unknown\":{\"", bytes, b"\":1}}"],
        ];
        for body in places.map(|parts| parts.concat()) {
            assert!(event_id(&body).is_err(), "{}", body.escape_ascii());
        }
    }
}

#[test]
fn a_field_given_twice_cannot_be_decoded() {
    assert!(count(r#"{"count":1,"count":2}"#).is_err());
    assert!(count(r#"{"count":1,"\u0063ount":1}"#).is_err());
}

#[test]
fn deep_nesting_is_ignored_where_it_is_unknown_and_refused_where_it_is_not() {
    let deep = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
    assert_eq!(count(&format!(r#"{{"new":{deep},"count":2}}"#)), Ok(2));
    for field in ["count", "event_id"] {
        assert!(count(&format!(r#"{{"{field}":{deep}}}"#)).is_err(), "{field}");
    }
    assert!(ticket_ids(&format!(r#"{{"ticket_ids":{deep}}}"#)).is_err());
    assert!(count(&format!(r#"{{"new":{}"#, "{\"a\":".repeat(200_000))).is_err(), "never closed");
}

#[test]
fn what_is_said_of_a_bad_body_is_short_however_long_the_body() {
    let long = "é".repeat(100_000);
    for error in [
        count(&format!(r#"{{"count":"{long}"}}"#)).unwrap_err(),
        ticket_ids(&format!(r#"{{"ticket_ids":"{long}"}}"#)).unwrap_err(),
    ] {
        assert!(error.to_string().chars().count() <= 200, "{error}");
    }
}

fn read_as_everything(body: &[u8]) {
    fn read<T: DeserializeOwned>(body: &[u8]) {
        let _ = read_object::<T>(body);
    }
    read::<Registration>(body);
    read::<LogIn>(body);
    read::<NewEvent>(body);
    read::<EventChange>(body);
    read::<SeatsOfEvent>(body);
    read::<TicketIds>(body);
}

/// Usually a name that some body has.
fn field_name() -> impl Strategy<Value = String> {
    let known = sample::select(vec![
        "id",
        "name",
        "email",
        "password",
        "unix_time",
        "address",
        "description",
        "latitude",
        "longitude",
        "seat_count",
        "event_id",
        "count",
        "ticket_ids",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec((field_name(), inner), 0..8).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(body in vec(any::<u8>(), 0..256)) {
        read_as_everything(&body);
        read_as_everything(&[b"{".as_slice(), &body, b"}"].concat());
    }

    #[test]
    fn no_json_makes_reading_panic(fields in vec((field_name(), any_json()), 0..8)) {
        let body: Value = fields.into_iter().collect();
        read_as_everything(body.to_string().as_bytes());
    }

    #[test]
    fn a_body_cut_anywhere_is_refused(id in "[^\0]*", count in any::<i64>(), cut in any::<sample::Index>()) {
        let body = json!({"event_id": id, "count": count}).to_string();
        prop_assert!(event_id(&body.as_bytes()[..cut.index(body.len())]).is_err());
    }

    #[test]
    fn what_was_sent_is_what_is_read(event_id in "[^\0]*", count in any::<i64>()) {
        let body = json!({"event_id": event_id, "count": count}).to_string();
        let seats: SeatsOfEvent = read_object(body.as_bytes()).unwrap();
        prop_assert_eq!((seats.event_id, seats.count), (event_id, count));
    }

    #[test]
    fn coordinates_are_read_as_they_were_written(north in -90.0..=90.0_f64, east in -180.0..=180.0_f64) {
        let body = json!({"latitude": north, "longitude": east}).to_string();
        let event: NewEvent = read_object(body.as_bytes()).unwrap();
        prop_assert_eq!((event.latitude, event.longitude), (Some(north), Some(east)));
    }

    #[test]
    fn lists_keep_their_order_and_their_repetitions(ids in vec("[^\0]*", 0..20)) {
        let body = json!({"ticket_ids": ids}).to_string();
        prop_assert_eq!(ticket_ids(&body).unwrap(), ids);
    }
}
