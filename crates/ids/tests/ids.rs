//! Ids survive every way of writing them, and nothing else is accepted as an id.

use booked_ids::{EventId, SeatNumber, TicketId, parse_uuid};
use proptest::prelude::*;
use uuid::Uuid;

proptest! {
    #[test]
    fn a_ticket_id_names_its_event_and_its_seat(unix_ms in 0u64..1 << 48, random: [u8; 16], number in 1u32..) {
        let event = EventId::new(unix_ms, random);
        let seat = SeatNumber::new(number).unwrap();
        let ticket = event.ticket(seat);
        let read = TicketId::from_uuid(parse_uuid(&ticket.to_string()).unwrap()).unwrap();
        prop_assert_eq!(read, ticket);
        prop_assert_eq!(read.event(), event);
        prop_assert_eq!(read.seat(), seat);
    }

    #[test]
    fn an_event_id_is_written_as_the_contract_says(unix_ms in 0u64..1 << 48, random: [u8; 16]) {
        let event = EventId::new(unix_ms, random);
        let text = event.to_string();
        prop_assert!(text.ends_with("00000000"));
        prop_assert_eq!(text.replace('-', "")[..12].to_owned(), format!("{unix_ms:012x}"));
        prop_assert_eq!(EventId::from_uuid(parse_uuid(&text.to_uppercase()).unwrap()), Ok(event));
        prop_assert!(TicketId::from_uuid(event.as_uuid()).is_err());
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = parse_uuid(&text);
    }

    #[test]
    fn no_uuid_panics(bytes: [u8; 16]) {
        let _ = EventId::from_uuid(Uuid::from_bytes(bytes));
        let _ = TicketId::from_uuid(Uuid::from_bytes(bytes));
    }
}

#[test]
fn other_forms_of_a_uuid_are_refused() {
    for text in [
        "",
        "0190a5b4c2d3800080000000000000000",
        "{0190a5b4-c2d3-8000-8000-000000000000}",
        "urn:uuid:0190a5b4-c2d3-8000-8000-000000000000",
        "0190a5b4c2d380008000000000000000",
        " 0190a5b4-c2d3-8000-8000-000000000000",
    ] {
        assert!(parse_uuid(text).is_err(), "{text:?} was read as a UUID");
    }
}

#[test]
fn a_foreign_uuid_is_no_event() {
    let version_4 = parse_uuid("0190a5b4-c2d3-4000-8000-000000000000").unwrap();
    let with_seat = parse_uuid("0190a5b4-c2d3-8000-8000-000000000001").unwrap();
    assert!(EventId::from_uuid(version_4).is_err());
    assert!(EventId::from_uuid(with_seat).is_err());
}
