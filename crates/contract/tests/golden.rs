//! The JSON of every wire type and error code, letter by letter. Clients in the field rely on the public part: a test
//! that fails here is a broken promise, unless the difference is only an addition. The internal part may change, but
//! only in two steps, since old and new replicas run side by side.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use booked_contract::{
    Code, ErrorBody,
    analytics::{EventAnalytics, EventCancellations},
    event::{Event, EventChange, EventDetails, EventPage, EventToCancel, NewEvent},
    feed::{
        CancelledTicket, DayCounted, EventOnSale, EventState, TicketsBooked, TicketsCancelled, TicketsCounted,
    },
    internal::{CatchUp, Emails, EmailsQuery, Occupied, OccupiedQuery},
    sale::{EventStatus, SaleTerms},
    ticket::{Booking, Hold, Holds, OwnTicket, OwnTicketPage, Reservation, SeatsOfEvent, TicketIds},
    user::{LogIn, Registration, Token},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::{Uuid, uuid};

const EVENT: Uuid = uuid!("0199a1b2-c3d4-8e5f-9a6b-7c8d00000000");
const TICKET: Uuid = uuid!("0199a1b2-c3d4-8e5f-9a6b-7c8d0000002a");
const BOOKING: Uuid = uuid!("11111111-2222-4333-8444-555555555555");
const USER: Uuid = uuid!("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");

/// What we write has exactly this form, and we can read it again.
#[track_caller]
fn assert_json<T: Serialize + DeserializeOwned>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    let read: T = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), json, "read again");
}

#[test]
fn every_error_code_keeps_its_number_status_and_message() {
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("{} {} {}: {}", code.category(), code.as_str(), code.status(), code.msg()))
        .collect();
    assert_eq!(
        codes,
        [
            "SYS SYS-01 400: body cannot be decoded",
            "SYS SYS-02 500: unknown error",
            "SYS SYS-03 400: invalid UUID",
            "SYS SYS-04 404: no such route",
            "SYS SYS-05 405: method not allowed",
            "SYS SYS-06 429: too many requests",
            "SYS SYS-07 503: service unavailable",
            "SYS SYS-08 504: upstream timed out",
            "SYS SYS-09 413: body too large",
            "USER USER-01 401: role not allowed",
            "USER USER-02 400: empty password",
            "USER USER-03 401: no such user",
            "USER USER-04 401: wrong password",
            "USER USER-05 500: token could not be signed",
            "USER USER-06 401: token missing or invalid",
            "USER USER-07 400: empty email",
            "USER USER-08 400: empty name",
            "USER USER-09 409: email already registered",
            "USER USER-10 400: email not valid",
            "USER USER-11 400: password longer than 72 bytes",
            "EVENT EVENT-01 400: invalid seat count",
            "EVENT EVENT-02 400: invalid event id",
            "EVENT EVENT-03 400: no such event",
            "EVENT EVENT-04 400: invalid event data",
            "EVENT EVENT-05 400: seat count cannot be reduced",
            "EVENT EVENT-06 409: not on sale yet",
            "EVENT EVENT-07 409: sale is paused or closed",
            "EVENT EVENT-08 409: event is cancelled",
            "TICKET TICKET-01 400: too few tickets",
            "TICKET TICKET-02 400: ticket is not reserved or its reservation expired",
            "TICKET TICKET-03 400: not your ticket",
            "TICKET TICKET-04 409: more than one buyer may have",
            "WAITLIST WAITLIST-01 400: already on the waitlist",
            "WAITLIST WAITLIST-02 400: invalid count",
            "DB DB-01 500: read failed",
            "DB DB-02 500: write failed",
            "DB DB-03 500: transaction failed",
            "IDEM IDEM-01 400: idempotency key malformed",
            "IDEM IDEM-02 422: idempotency key was used for another request",
            "IDEM IDEM-03 409: first request with this key is still under way",
        ]
    );
}

#[test]
fn an_error_has_one_shape_and_leaves_out_a_detail_that_it_has_not() {
    assert_json(
        &ErrorBody::new(Code::NotReserved, None),
        r#"{"category":"TICKET","category_code":"TICKET-02","msg":"ticket is not reserved or its reservation expired"}"#,
    );
    assert_json(
        &ErrorBody::new(Code::InvalidUuid, Some("event_id".to_owned())),
        r#"{"category":"SYS","category_code":"SYS-03","msg":"invalid UUID","error":"event_id"}"#,
    );
}

#[test]
fn accounts() {
    assert_json(
        &Registration {
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            password: "secret".to_owned(),
        },
        r#"{"name":"Ada","email":"ada@example.com","password":"secret"}"#,
    );
    assert_json(
        &LogIn { email: "ada@example.com".to_owned(), password: "secret".to_owned() },
        r#"{"email":"ada@example.com","password":"secret"}"#,
    );
    assert_json(&Token { token: "a.b.c".to_owned() }, r#"{"token":"a.b.c"}"#);
}

#[test]
fn events() {
    let event = Event {
        id: EVENT,
        name: "Proms".to_owned(),
        unix_time: 1_900_000_000,
        address: "London".to_owned(),
        description: "Music".to_owned(),
        seat_count: 100,
        available_seats_count: 98,
        latitude: Some(51.5009),
        longitude: Some(-0.1774),
        on_sale_unix_time: None,
        off_sale_unix_time: None,
        paused: None,
        max_per_buyer: None,
        status: EventStatus::OnSale,
    };
    let json = r#"{"id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","name":"Proms","unix_time":1900000000,"address":"London","description":"Music","seat_count":100,"available_seats_count":98,"latitude":51.5009,"longitude":-0.1774,"status":"on_sale"}"#;
    assert_json(&event, json);
    let nowhere = Event { latitude: None, longitude: None, ..event.clone() };
    assert_json(&nowhere, &json.replace(r#","latitude":51.5009,"longitude":-0.1774"#, ""));
    let with_terms = Event {
        on_sale_unix_time: Some(1_800_000_000),
        off_sale_unix_time: Some(1_850_000_000),
        paused: Some(true),
        max_per_buyer: Some(4),
        status: EventStatus::Paused,
        ..event.clone()
    };
    let terms = r#""on_sale_unix_time":1800000000,"off_sale_unix_time":1850000000,"paused":true,"max_per_buyer":4,"status":"paused""#;
    assert_json(&with_terms, &json.replace(r#""status":"on_sale""#, terms));
    assert_json(
        &EventPage { next_time_to_fetch: 1_900_000_000, events: vec![event] },
        &format!(r#"{{"next_time_to_fetch":1900000000,"events":[{json}]}}"#),
    );
    assert_json(
        &EventPage { next_time_to_fetch: 0, events: vec![] },
        r#"{"next_time_to_fetch":0,"events":[]}"#,
    );
}

#[test]
fn making_and_changing_events() {
    let new = NewEvent {
        name: "Proms".to_owned(),
        unix_time: Some(1_900_000_000),
        address: "London".to_owned(),
        description: "Music".to_owned(),
        latitude: Some(51.5009),
        longitude: Some(-0.1774),
        seat_count: 100,
        on_sale_unix_time: None,
        off_sale_unix_time: None,
        paused: None,
        max_per_buyer: None,
    };
    let json = r#"{"name":"Proms","unix_time":1900000000,"address":"London","description":"Music","latitude":51.5009,"longitude":-0.1774,"seat_count":100}"#;
    assert_json(&new, json);
    let terms =
        r#""on_sale_unix_time":1800000000,"off_sale_unix_time":1850000000,"paused":true,"max_per_buyer":4"#;
    let with_terms = NewEvent {
        on_sale_unix_time: Some(1_800_000_000),
        off_sale_unix_time: Some(1_850_000_000),
        paused: Some(true),
        max_per_buyer: Some(4),
        ..new.clone()
    };
    assert_json(&with_terms, &json.replace(r#""seat_count":100"#, &format!(r#""seat_count":100,{terms}"#)));
    assert_json(
        &EventToCancel { id: EVENT.to_string(), reason: Some("Rain".to_owned()) },
        r#"{"id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","reason":"Rain"}"#,
    );
    assert_json(
        &EventToCancel { id: EVENT.to_string(), reason: None },
        r#"{"id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000"}"#,
    );
    let nowhere = NewEvent { latitude: None, longitude: None, ..new };
    assert_json(&nowhere, &json.replace(r#""latitude":51.5009,"longitude":-0.1774,"#, ""));
    let id = EVENT.to_string();
    assert_json(
        &EventChange { id: id.clone(), ..EventChange::default() },
        r#"{"id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000"}"#,
    );
    assert_json(
        &EventChange {
            id,
            name: Some("Proms".to_owned()),
            unix_time: Some(1_900_000_000),
            address: Some("London".to_owned()),
            description: Some("Music".to_owned()),
            latitude: Some(51.5009),
            longitude: Some(-0.1774),
            seat_count: Some(200),
            on_sale_unix_time: Some(0),
            off_sale_unix_time: Some(1_850_000_000),
            paused: Some(false),
            max_per_buyer: Some(0),
        },
        r#"{"id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","name":"Proms","unix_time":1900000000,"address":"London","description":"Music","latitude":51.5009,"longitude":-0.1774,"seat_count":200,"on_sale_unix_time":0,"off_sale_unix_time":1850000000,"paused":false,"max_per_buyer":0}"#,
    );
}

#[test]
fn tickets() {
    assert_json(
        &SeatsOfEvent { event_id: EVENT.to_string(), count: 2 },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","count":2}"#,
    );
    assert_json(
        &Reservation { ticket_ids: vec![TICKET], expires_unix_time: 1_900_000_600 },
        r#"{"ticket_ids":["0199a1b2-c3d4-8e5f-9a6b-7c8d0000002a"],"expires_unix_time":1900000600}"#,
    );
    assert_json(
        &TicketIds { ticket_ids: vec![TICKET.to_string()] },
        r#"{"ticket_ids":["0199a1b2-c3d4-8e5f-9a6b-7c8d0000002a"]}"#,
    );
}

#[test]
fn what_a_buyer_holds_and_has() {
    let hold = Hold { event_id: EVENT, ticket_ids: vec![TICKET], expires_unix_time: 1_900_000_600 };
    let json = r#"{"holds":[{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","ticket_ids":["0199a1b2-c3d4-8e5f-9a6b-7c8d0000002a"],"expires_unix_time":1900000600}]}"#;
    let holds = Holds { holds: vec![hold], max_per_buyer: None, left: None };
    assert_json(&holds, json);
    let limited = Holds { max_per_buyer: Some(4), left: Some(3), ..holds };
    assert_json(&limited, &json.replace("}]}", r#"}],"max_per_buyer":4,"left":3}"#));
    let ticket = OwnTicket {
        ticket_id: TICKET,
        event_id: EVENT,
        seat: 42,
        booking_id: BOOKING,
        booked_unix_time: 1_890_000_000,
    };
    let json = r#"{"tickets":[{"ticket_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d0000002a","event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","seat":42,"booking_id":"11111111-2222-4333-8444-555555555555","booked_unix_time":1890000000}]}"#;
    let last = OwnTicketPage { tickets: vec![ticket], next: None };
    assert_json(&last, json);
    let page = OwnTicketPage { next: Some("opaque".to_owned()), ..last };
    assert_json(&page, &json.replace("}]}", r#"}],"next":"opaque"}"#));
}

fn details() -> EventDetails {
    EventDetails {
        name: "Proms".to_owned(),
        unix_time: 1_900_000_000,
        address: "London".to_owned(),
        description: "Music".to_owned(),
        latitude: Some(51.5009),
        longitude: Some(-0.1774),
    }
}

#[test]
fn bookings() {
    let booking = Booking::of(EVENT, details(), EventStatus::OnSale, 2, 1_890_000_000);
    let json = r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","event_name":"Proms","event_unix_time":1900000000,"event_address":"London","event_description":"Music","event_latitude":51.5009,"event_longitude":-0.1774,"number_of_tickets":2,"booking_unix_time":1890000000,"event_status":"on_sale"}"#;
    assert_json(&booking, json);
    let nowhere = Booking { event_latitude: None, event_longitude: None, ..booking };
    assert_json(&nowhere, &json.replace(r#""event_latitude":51.5009,"event_longitude":-0.1774,"#, ""));
}

#[test]
fn analytics() {
    assert_json(
        &EventAnalytics {
            event_id: EVENT,
            total_seats: 100,
            sold_tickets: 50,
            capacity_utilisation: 0.5,
            today_booked_tickets: 3,
        },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","total_seats":100,"sold_tickets":50,"capacity_utilisation":0.5,"today_booked_tickets":3}"#,
    );
    assert_json(
        &EventCancellations { event_id: EVENT, cancellation_rate: 0.25 },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","cancellation_rate":0.25}"#,
    );
}

#[test]
fn feeds() {
    let kinds = [EventState::KIND, EventOnSale::KIND, TicketsBooked::KIND, TicketsCancelled::KIND];
    assert_eq!(
        kinds,
        [
            "booked.event.state",
            "booked.ticketing.event_on_sale",
            "booked.ticketing.tickets_booked",
            "booked.ticketing.tickets_cancelled"
        ]
    );
    let details = details();
    let state = EventState {
        event_id: EVENT,
        version: 3,
        deleted: false,
        details: details.clone(),
        seat_count: 100,
        sale: None,
    };
    let json = r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","version":3,"deleted":false,"name":"Proms","unix_time":1900000000,"address":"London","description":"Music","latitude":51.5009,"longitude":-0.1774,"seat_count":100}"#;
    assert_json(&state, json);
    let at_once = EventState { sale: Some(SaleTerms::default()), ..state.clone() };
    assert_json(&at_once, &json.replace(r#""seat_count":100"#, r#""seat_count":100,"sale":{}"#));
    let cancelled = SaleTerms {
        on_sale_unix_time: Some(1_800_000_000),
        off_sale_unix_time: Some(1_850_000_000),
        paused: true,
        max_per_buyer: Some(4),
        cancelled: true,
        cancel_reason: Some("Rain".to_owned()),
    };
    let terms = r#","sale":{"on_sale_unix_time":1800000000,"off_sale_unix_time":1850000000,"paused":true,"max_per_buyer":4,"cancelled":true,"cancel_reason":"Rain"}}"#;
    assert_json(
        &EventState { sale: Some(cancelled), ..state.clone() },
        &json.replace(r#""seat_count":100}"#, &format!(r#""seat_count":100{terms}"#)),
    );
    let nowhere =
        EventState { details: EventDetails { latitude: None, longitude: None, ..details }, ..state };
    assert_json(&nowhere, &json.replace(r#""latitude":51.5009,"longitude":-0.1774,"#, ""));
    assert_json(
        &EventOnSale { event_id: EVENT, version: 3, deleted: true, seat_count: 100 },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","version":3,"deleted":true,"seat_count":100}"#,
    );
}

#[test]
fn the_ledger() {
    assert_json(
        &TicketsBooked {
            booking_id: BOOKING,
            event_id: EVENT,
            user_id: USER,
            seats: vec![41, 42],
            booked_unix_ms: 1_890_000_000_123,
        },
        r#"{"booking_id":"11111111-2222-4333-8444-555555555555","event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","user_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","seats":[41,42],"booked_unix_ms":1890000000123}"#,
    );
    assert_json(
        &TicketsCancelled {
            event_id: EVENT,
            user_id: USER,
            tickets: vec![CancelledTicket {
                seat: 42,
                booking_id: BOOKING,
                booked_unix_ms: 1_890_000_000_123,
            }],
            cancelled_unix_ms: 1_890_000_001_456,
        },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","user_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","tickets":[{"seat":42,"booking_id":"11111111-2222-4333-8444-555555555555","booked_unix_ms":1890000000123}],"cancelled_unix_ms":1890000001456}"#,
    );
    let day = DayCounted { day_unix_ms: 1_889_913_600_000, booked: 41, cancelled: 2 };
    assert_json(
        &TicketsCounted { event_id: EVENT, days: vec![day] },
        r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","days":[{"day_unix_ms":1889913600000,"booked":41,"cancelled":2}]}"#,
    );
}

#[test]
fn calls_between_services() {
    assert_json(
        &OccupiedQuery { event_ids: vec![EVENT] },
        r#"{"event_ids":["0199a1b2-c3d4-8e5f-9a6b-7c8d00000000"]}"#,
    );
    assert_json(&Occupied { occupied: vec![Some(2), None] }, r#"{"occupied":[2,null]}"#);
    assert_json(
        &EmailsQuery { user_ids: vec![USER] },
        r#"{"user_ids":["aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"]}"#,
    );
    let emails = vec![Some("ada@example.com".to_owned()), None];
    assert_json(&Emails { emails }, r#"{"emails":["ada@example.com",null]}"#);
    assert_json(
        &CatchUp { position: "813-55".to_owned(), event_id: Some(EVENT) },
        r#"{"position":"813-55","event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000"}"#,
    );
    assert_json(&CatchUp { position: "813-55".to_owned(), event_id: None }, r#"{"position":"813-55"}"#);
}

#[test]
fn what_services_read_may_have_fields_that_an_older_one_does_not_know() {
    let json = r#"{"event_id":"0199a1b2-c3d4-8e5f-9a6b-7c8d00000000","new":{"a":[1]},"version":1,"deleted":false,"seat_count":5}"#;
    let expected = EventOnSale { event_id: EVENT, version: 1, deleted: false, seat_count: 5 };
    assert_eq!(serde_json::from_str::<EventOnSale>(json).unwrap(), expected);
}
