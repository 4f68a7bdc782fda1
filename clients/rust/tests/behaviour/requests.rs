//! What is sent, and what is refused before that.

use std::collections::BTreeSet;

use booked_client::{
    Client, EventQuery, Limits, Unsendable, authorization, event_of,
    operations::{get_event, list_events, log_in, release_tickets, reserve_tickets},
    seat_of,
};
use booked_contract::sale::EventStatus;
use uuid::{Uuid, uuid};

const TICKET: Uuid = uuid!("01890a5d-ac96-874b-bd2f-cd3f0000002a");

#[test]
fn each_call_has_a_key_of_its_own_which_stays() {
    let calls = || (0..100).map(|_| reserve_tickets(Uuid::nil(), 1).keyed());
    let keys: BTreeSet<String> =
        calls().map(|call| call.request().key.as_ref().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 100);
    for key in &keys {
        assert_eq!(Uuid::parse_str(key).unwrap().get_version_num(), 4, "{key}");
    }
    let call = reserve_tickets(Uuid::nil(), 1).keyed();
    assert_eq!(call.clone().keyed().request().key, call.request().key);
    let given = reserve_tickets(Uuid::nil(), 1).with_key("order-1").unwrap().keyed();
    assert_eq!(given.request().key.as_ref().unwrap(), "order-1");
}

#[test]
fn only_what_changes_something_for_somebody_known_has_a_key() {
    assert!(get_event(Uuid::nil()).keyed().request().key.is_none());
    assert!(log_in("a", "b").keyed().request().key.is_none());
    assert!(log_in("a", "b").with_key("order-1").is_err());
    assert!(get_event(Uuid::nil()).with_key("order-1").is_err());
}

#[test]
fn what_cannot_be_sent_in_a_header_is_refused_without_showing_it() {
    let long = "k".repeat(256);
    for bad in ["", "a b", "a\r\nb", "\u{e9}", &long] {
        let error: Unsendable = release_tickets(&[]).with_key(bad).unwrap_err();
        assert!(bad.is_empty() || !error.to_string().contains(bad));
    }
    assert!(release_tickets(&[]).with_key(&long[1..]).is_ok());
    for bad in ["", "a b", "a\nb"] {
        assert!(authorization(bad).is_err());
        assert!(get_event(Uuid::nil()).if_none_match(bad).is_err());
    }
}

#[test]
fn the_query_has_what_is_given() {
    let query = EventQuery { q: Some("a&b=ü".to_owned()), limit: Some(3), ..EventQuery::default() };
    assert_eq!(list_events(&query).request().path, "/event/?limit=3&q=a%26b%3D%C3%BC");
    assert_eq!(list_events(&EventQuery::default()).request().path, "/event/");
    let query = EventQuery { status: Some(EventStatus::OnSale), ..EventQuery::default() };
    assert_eq!(list_events(&query).request().path, "/event/?status=on_sale");
}

#[test]
fn secrets_are_not_shown() {
    let call = log_in("ada@example.com", "secret-password");
    let request = call.request().clone().by(&authorization("secret-token").unwrap());
    let client = Client::new("http://localhost").unwrap().with_token("secret-token").unwrap();
    assert_eq!(format!("{call:?} {request:?}"), "POST /user/login/ POST /user/login/");
    assert!(!format!("{client:?} {:?}", request.into_message("/".parse().unwrap())).contains("secret-token"));
}

#[test]
fn a_base_url_is_plain() {
    for good in ["http://localhost:8080", "https://booked.example/below/", "http://[::1]:8080"] {
        assert!(Client::new(good).is_ok(), "{good}");
    }
    for bad in
        ["", "localhost:8080", "ftp://localhost", "http://", "http://a?b", "http://a#b", "http://me:secret@a"]
    {
        let error = Client::new(bad).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn limits_are_above_zero() {
    let zero = std::time::Duration::ZERO;
    for limits in [
        Limits { timeout: zero, ..Limits::default() },
        Limits { total_timeout: zero, ..Limits::default() },
        Limits { tries: 0, ..Limits::default() },
    ] {
        assert!(Client::new("http://localhost").unwrap().with_limits(limits).is_err(), "{limits:?}");
    }
}

#[test]
fn the_id_of_a_ticket_is_taken_apart() {
    assert_eq!(event_of(TICKET), Ok(uuid!("01890a5d-ac96-874b-bd2f-cd3f00000000")));
    assert_eq!(seat_of(TICKET), Ok(42));
    for bad in [Uuid::nil(), event_of(TICKET).unwrap(), uuid!("01890a5d-ac96-474b-bd2f-cd3f0000002a")] {
        assert!(event_of(bad).is_err() && seat_of(bad).is_err(), "{bad}");
    }
}
