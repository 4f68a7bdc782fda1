//! The tour of the main README, with assertions, on the system that `BOOKED` names; then the program of the client's README.
//! `BOOKED_ADMIN_EMAIL` and `BOOKED_ADMIN_PASSWORD_FILE` say who the admin is, as in the main README.

#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

use std::{
    env,
    error::Error,
    fs,
    pin::pin,
    process::{Command, Output},
    time::{Duration, Instant},
};

use booked_client::{
    Call, Client, DEFAULT_URL, EventQuery, Failure, FromAnswer, TicketQuery, event_of, operations as op,
    seat_of,
};
use booked_contract::{
    Code,
    event::{Event, EventChange, NewEvent},
    sale::EventStatus,
    ticket::OwnTicket,
};
use futures_util::TryStreamExt;
use uuid::{Builder, Uuid};

type Done<T = ()> = Result<T, Box<dyn Error>>;

const PASSWORD: &str = "correct horse";
const BEFORE_SALE: i64 = 1_899_000_000;
/// Only a system that never shows it is given up.
const AWAIT: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Done {
    let url = env::var("BOOKED").unwrap_or_else(|_| DEFAULT_URL.to_owned());
    let anyone = Client::new(&url)?;
    let admin = admin(&anyone).await?;
    let email = format!("ada-{}@example.com", unique());
    let ada = registered(&anyone, &email).await?;
    refused(Code::RoleNotAllowed, &ada, op::list_analytics()).await?;

    let event = announced(&anyone, &admin).await?;
    let held = reserved(&ada, &admin, event).await?;
    ada.call(op::book_tickets(&held)).await?;
    let bookings = ada.call(op::list_bookings()).await?;
    assert_eq!(bookings.len(), 1);
    assert_eq!((bookings[0].event_id, bookings[0].number_of_tickets), (event, 2));
    assert_eq!((&*bookings[0].event_name, bookings[0].event_status), ("House concert", EventStatus::OnSale));
    given_back(&ada, &admin, event, &held).await?;
    counted(&admin, event).await?;
    cancelled(&ada, &admin, event).await?;
    println!("The tour was taken.");

    program_of_the_readme(&url, &admin).await?;
    println!("The program of the client's README was run.");
    Ok(())
}

async fn admin(anyone: &Client) -> Done<Client> {
    let email = env::var("BOOKED_ADMIN_EMAIL").unwrap_or_else(|_| "admin@booked.local".to_owned());
    let file = env::var("BOOKED_ADMIN_PASSWORD_FILE");
    let password = fs::read_to_string(file.unwrap_or_else(|_| ".booked/secrets/admin-password".to_owned()))?;
    Ok(anyone.log_in(&email, password.trim()).await?)
}

async fn registered(anyone: &Client, email: &str) -> Done<Client> {
    assert_eq!(anyone.call(op::health()).await?.health, "ok");
    assert_eq!(anyone.call(op::list_public_keys()).await?["keys"][0]["alg"], "EdDSA");
    let register = || op::register_user("Ada", email, PASSWORD);
    anyone.call(register()).await?;
    refused(Code::EmailTaken, anyone, register()).await?;
    refused(Code::TokenInvalid, anyone, op::list_bookings()).await?;
    refused(Code::WrongPassword, anyone, op::log_in(email, "wrong")).await?;
    Ok(anyone.log_in(email, PASSWORD).await?)
}

async fn announced(anyone: &Client, admin: &Client) -> Done<Uuid> {
    // A word that only this event has, so that it is found on a system with many others.
    let word = unique();
    let new = NewEvent {
        name: "House concert".to_owned(),
        description: format!("Schubert, and soup {word}"),
        on_sale_unix_time: Some(BEFORE_SALE),
        max_per_buyer: Some(2),
        ..new_event()
    };
    let id = admin.call(op::create_event(&new)).await?.event_id;
    let answer = anyone.answer(op::get_event(id)).await?;
    let event = &answer.value;
    assert_eq!((event.status, event.seat_count, event.available_seats_count), (EventStatus::Scheduled, 3, 3));
    assert_eq!((event.on_sale_unix_time, event.max_per_buyer), (Some(BEFORE_SALE), Some(2)));
    let etag = answer.etag.ok_or("an event has no ETag")?;
    let again = anyone.call(op::get_event(id).if_none_match(&etag)?).await;
    assert!(matches!(again.map_err(|error| error.failure), Err(Failure::NotModified)));

    let query = EventQuery {
        q: Some(format!("schubert berlin {word}")),
        status: Some(EventStatus::Scheduled),
        limit: Some(1),
        ..EventQuery::default()
    };
    let found: Vec<Event> = anyone.events(query.clone()).try_collect().await?;
    assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), [id]);
    let mut on_sale = pin!(anyone.events(EventQuery { status: Some(EventStatus::OnSale), ..query }));
    assert_eq!(on_sale.try_next().await?, None);
    Ok(id)
}

async fn reserved(ada: &Client, admin: &Client, event: Uuid) -> Done<Vec<Uuid>> {
    let early = refused(Code::NotOnSaleYet, ada, op::reserve_tickets(event, 2)).await?;
    assert!(early.api().is_some_and(|error| error.retry_after.is_none()));
    let change = EventChange { id: event.to_string(), on_sale_unix_time: Some(0), ..EventChange::default() };
    admin.call(op::update_event(&change)).await?;

    let key = unique();
    let two = || op::reserve_tickets(event, 2).with_key(&key);
    let (first, again) = (ada.answer(two()?).await?, ada.answer(two()?).await?);
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.value, again.value);
    let other = op::reserve_tickets(event, 1).with_key(&key)?;
    refused(Code::IdempotencyKeyReused, ada, other).await?;
    refused(Code::OverBuyerLimit, ada, op::reserve_tickets(event, 1)).await?;
    let held = first.value.ticket_ids;
    for ticket in &held {
        assert_eq!(event_of(*ticket)?, event);
    }
    assert_eq!(seat_of(held[0])?.abs_diff(seat_of(held[1])?), 1);

    let holds = ada.call(op::list_holds(Some(event))).await?;
    assert_eq!(holds.holds.iter().map(|hold| hold.ticket_ids.len()).collect::<Vec<_>>(), [2]);
    assert_eq!((holds.max_per_buyer, holds.left), (Some(2), Some(0)));
    ada.call(op::release_tickets(&held)).await?;
    assert!(ada.call(op::list_holds(None)).await?.holds.is_empty());
    refused(Code::NotReserved, ada, op::book_tickets(&held)).await?;
    Ok(ada.call(op::reserve_tickets(event, 2)).await?.ticket_ids)
}

async fn given_back(ada: &Client, admin: &Client, event: Uuid, held: &[Uuid]) -> Done {
    let query = TicketQuery { event_id: Some(event), limit: Some(1), ..TicketQuery::default() };
    let tickets: Vec<OwnTicket> = ada.tickets(query.clone()).try_collect().await?;
    assert_eq!(tickets.len(), held.len());
    for ticket in &tickets {
        assert!(held.contains(&ticket.ticket_id));
        assert_eq!(seat_of(ticket.ticket_id)?, ticket.seat);
    }
    ada.call(op::add_to_waitlist(event, 1)).await?;
    refused(Code::AlreadyWaiting, ada, op::add_to_waitlist(event, 1)).await?;
    assert_eq!(admin.call(op::count_waiting(event)).await?.entries, 1);
    ada.call(op::cancel_chosen_tickets(&held[..1])).await?;
    refused(Code::NotYourTicket, ada, op::cancel_chosen_tickets(&held[..1])).await?;
    let left: Vec<OwnTicket> = ada.tickets(query).try_collect().await?;
    assert_eq!(left.iter().map(|ticket| ticket.ticket_id).collect::<Vec<_>>(), [held[1]]);
    assert_eq!(ada.call(op::list_bookings()).await?[0].number_of_tickets, 1);
    Ok(())
}

async fn counted(admin: &Client, event: Uuid) -> Done {
    let since = Instant::now();
    loop {
        let sold = admin.call(op::list_analytics()).await?;
        let sold = sold.iter().find(|row| row.event_id == event);
        let rates = admin.call(op::list_cancellation_rates()).await?;
        let rate = rates.iter().find(|row| row.event_id == event);
        let found = (
            sold.map(|row| (row.total_seats, row.sold_tickets)),
            rate.map(|row| format!("{}", row.cancellation_rate)),
        );
        if found == (Some((3, 1)), Some("0.5".to_owned())) {
            return Ok(());
        }
        assert!(
            since.elapsed() < AWAIT,
            "one of three seats is sold, and half of the tickets came back: {found:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn cancelled(ada: &Client, admin: &Client, event: Uuid) -> Done {
    admin.call(op::cancel_event(event, Some("There is no soup"))).await?;
    admin.call(op::cancel_event(event, None)).await?;
    refused(Code::EventCancelled, ada, op::reserve_tickets(event, 1)).await?;
    let bookings = ada.call(op::list_bookings()).await?;
    assert_eq!((bookings[0].number_of_tickets, bookings[0].event_status), (1, EventStatus::Cancelled));
    ada.call(op::cancel_tickets(event, 1)).await?;
    assert!(ada.call(op::list_bookings()).await?.is_empty());
    admin.call(op::delete_event(event)).await?;
    refused(Code::NoSuchEvent, ada, op::get_event(event)).await?;
    Ok(())
}

/// It buys two seats of an event that only this run has, and says which.
async fn program_of_the_readme(url: &str, admin: &Client) -> Done {
    let (word, email) = (unique(), format!("ada-{}@example.com", unique()));
    let new = NewEvent { name: format!("Matinee {word}"), ..new_event() };
    let event = admin.call(op::create_event(&new)).await?.event_id;
    // Cargo puts all examples into one folder.
    let mut program = Command::new(env::current_exe()?.with_file_name("buy"));
    program.args(["schubert", &word]);
    program.env("BOOKED", url).env("BOOKED_EMAIL", &email).env("BOOKED_PASSWORD", PASSWORD);
    let first = said(program.output()?);
    assert!(first.starts_with(&format!("Matinee {word}: seats [")), "{first}");
    let second = said(program.output()?);
    assert!(
        second.starts_with("Welcome back.\n") && second.contains("TICKET-01: too few tickets"),
        "{second}"
    );
    assert!(second.ends_with("\nNothing is on sale.\n"), "{second}");
    admin.call(op::delete_event(event)).await?;
    Ok(())
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn new_event() -> NewEvent {
    NewEvent {
        unix_time: Some(1_900_000_000),
        address: "Prenzlauer Berg, Berlin".to_owned(),
        description: "Schubert".to_owned(),
        seat_count: 3,
        ..NewEvent::default()
    }
}

async fn refused<T: FromAnswer>(code: Code, caller: &Client, call: Call<T>) -> Done<booked_client::Error> {
    let what = format!("{call:?}");
    match caller.call(call).await {
        Err(error) if error.code() == Some(code) => Ok(error),
        Err(error) => Err(format!("{what} should be refused with {code}: {error}").into()),
        Ok(_) => Err(format!("{what} should be refused with {code}").into()),
    }
}

/// A word that was never used before.
fn unique() -> String {
    format!("w{}", Builder::from_random_bytes(rand::random()).into_uuid().simple())
}
