//! How answers are read: errors by their codes, what is new, and what is broken.

use std::time::Duration;

use booked_client::{
    ApiError, Call, Failure, FromAnswer, RawAnswer,
    operations::{create_event, list_bookings, list_events, reserve_tickets},
};
use booked_contract::{Code, event::NewEvent, sale::EventStatus};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use uuid::Uuid;

fn raw(status: u16, headers: &[(&str, &str)], body: &str) -> RawAnswer {
    let header = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    RawAnswer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        body: Bytes::from(body.to_owned()),
    }
}

fn failure<T: FromAnswer + std::fmt::Debug>(call: &Call<T>, raw: &RawAnswer) -> Failure {
    call.read(raw).unwrap_err()
}

fn api_error(raw: &RawAnswer) -> ApiError {
    match failure(&list_bookings(), raw) {
        Failure::Api(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_says_all_that_its_answer_says() {
    let body = r#"{"category":"EVENT","category_code":"EVENT-06","msg":"not on sale yet","error":"at noon","new":{}}"#;
    let headers = [("X-Request-Id", "r-1"), ("Retry-After", "7"), ("Idempotency-Replayed", "true")];
    let error = api_error(&raw(409, &headers, body));
    assert_eq!((error.status, error.code()), (409, Some(Code::NotOnSaleYet)));
    assert_eq!(error.to_string(), "EVENT-06: not on sale yet (at noon) [status 409, request r-1]");
    assert_eq!((error.retry_after, error.replayed), (Some(Duration::from_secs(7)), true));
    let body = error.body.unwrap();
    assert_eq!((&*body.category, body.error.as_deref()), ("EVENT", Some("at noon")));
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
}

#[test]
fn each_code_is_told_and_a_new_one_is_accepted() {
    let of = |code: &str| {
        api_error(&raw(418, &[], &format!(r#"{{"category":"c","category_code":"{code}","msg":"m"}}"#)))
    };
    for code in Code::ALL {
        assert_eq!(of(code.as_str()).code(), Some(*code));
    }
    let new = of("NEW-01");
    assert_eq!((new.code(), new.body.unwrap().category_code), (None, "NEW-01".to_owned()));
}

#[test]
fn an_error_without_the_shape_is_an_error_of_the_api() {
    for body in ["", "<html>", "[]", "{}", r#"{"category":1,"category_code":2,"msg":3}"#] {
        for status in [302, 400, 413, 500, 502, 503, 504] {
            let error = api_error(&raw(status, &[], body));
            assert_eq!((error.status, error.code(), &error.body), (status, None, &None));
            assert_eq!(error.to_string(), format!("an answer that is not the API's [status {status}]"));
        }
    }
}

#[test]
fn a_success_that_cannot_be_read_is_not_taken_for_one() {
    let call = reserve_tickets(Uuid::nil(), 1);
    for body in ["", "<html>", "[]", "{}", r#"{"ticket_ids":["secret"],"expires_unix_time":5}"#] {
        let failure = failure(&call, &raw(200, &[], body));
        assert!(matches!(failure, Failure::Unreadable(_)), "{failure:?}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
}

#[test]
fn a_new_event_is_found_in_its_location() {
    let id = Uuid::from_u128(7);
    let call = create_event(&NewEvent::default());
    for location in ["/event/ID/", "/below/event/ID/", "https://booked.example/event/ID/", "/event/ID"] {
        let location = location.replace("ID", &id.to_string());
        let answer = call.read(&raw(201, &[("Location", &location)], "")).unwrap();
        assert_eq!(answer.value.event_id, id);
    }
    for location in ["", "/event/", "/event/x/", "/elsewhere/00000000-0000-0000-0000-000000000007/"] {
        let failure = failure(&call, &raw(201, &[("Location", location)], ""));
        assert!(matches!(failure, Failure::Unreadable(_)), "{location}: {failure:?}");
    }
    assert!(matches!(failure(&call, &raw(201, &[], "")), Failure::Unreadable(_)));
}

#[test]
fn an_answer_says_what_its_headers_say() {
    let page = r#"{"events":[],"next_time_to_fetch":0}"#;
    let headers = [("ETag", "\"tag\""), ("X-Request-Id", "r-1")];
    let call = list_events(&Default::default());
    let answer = call.read(&raw(200, &headers, page)).unwrap();
    assert_eq!((answer.status, answer.etag.as_deref()), (200, Some("\"tag\"")));
    assert_eq!((answer.request_id.as_deref(), answer.replayed), (Some("r-1"), false));
    assert_eq!(answer.idempotency_key, None);
    assert!(matches!(failure(&call, &raw(304, &headers, "")), Failure::NotModified));

    let call = reserve_tickets(Uuid::nil(), 1).with_key("order-1").unwrap();
    let held = r#"{"ticket_ids":[],"expires_unix_time":5}"#;
    let answer = call.read(&raw(200, &[("Idempotency-Replayed", "true")], held)).unwrap();
    assert_eq!((answer.replayed, answer.idempotency_key.as_deref()), (true, Some("order-1")));
}

#[test]
fn new_members_and_values_are_accepted() {
    let row = |status| {
        format!(
            r#"{{"event_id":"{}","event_name":"n","event_unix_time":1,"event_address":"a","event_description":"d",
            "event_status":"{status}","number_of_tickets":1,"booking_unix_time":1,"seats":[{{"row":1}}]}}"#,
            Uuid::nil()
        )
    };
    let body = format!("[{},{}]", row("postponed"), row("on_sale"));
    let rows = list_bookings().read(&raw(200, &[], &body)).unwrap().value;
    let statuses: Vec<EventStatus> = rows.iter().map(|row| row.event_status).collect();
    assert_eq!(statuses, [EventStatus::Other, EventStatus::OnSale]);
}
