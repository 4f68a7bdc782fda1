//! Sample events in every state, and buyers, created through the public API as clients would.

use anyhow::{Context, Result};
use booked_client::{Client, EventQuery, operations as op};
use booked_contract::{
    Code,
    event::{EventChange, NewEvent},
};
use booked_load::client::now_us;
use booked_local_system::System;
use tokio::runtime::Builder;
use uuid::Uuid;

const PASSWORD: &str = "correct horse";

/// A second of the first day of 2030, so that no sample event is over soon.
const FIRST_OF_2030: i64 = 1_893_456_000;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// When the sale of one event opens: soon enough to wait for it.
const OPENS_AFTER_S: i64 = 180;
/// Seats of an event that is sold out by its buyers.
const SOLD_OUT_SEATS: i64 = 6;
/// How many tickets of each event a buyer takes.
const TICKETS_EACH: u32 = 2;

/// What a sample event shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    OnSale,
    /// On sale, with nothing left.
    SoldOut,
    /// Its sale opens in a few minutes.
    Scheduled,
    Paused,
    /// Its sale has ended.
    Closed,
    Cancelled,
}

/// Name, address, seats, and what it shows.
const EVENTS: [(&str, &str, i64, State); 7] = [
    ("Last Night of the Proms", "Royal Albert Hall, London", 5_000, State::OnSale),
    ("Goldberg Variations", "Elbphilharmonie, Hamburg", 2_100, State::Scheduled),
    ("Ensemble for Early Music", "Cloisters, New York", 120, State::Paused),
    ("House concert", "Prenzlauer Berg, Berlin", SOLD_OUT_SEATS, State::SoldOut),
    ("Winterreise", "Wigmore Hall, London", 550, State::Closed),
    ("Open air in the rain", "Waldbühne, Berlin", 22_000, State::Cancelled),
    ("Jazz at noon", "Café Central, Madrid", 40, State::OnSale),
];

pub(crate) struct Buyer {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Creates events in every state, and buyers with tickets, unless there are events already.
pub(crate) fn seed(system: &System) -> Result<Vec<Buyer>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(create(system)).context("the sample events and buyers")
}

async fn create(system: &System) -> Result<Vec<Buyer>> {
    let anyone = Client::new(&system.gateway_url())?;
    let buyers: Vec<Buyer> = ["ada@example.com", "grace@example.com", "linus@example.com"]
        .map(|email| Buyer { email: email.to_owned(), password: PASSWORD.to_owned() })
        .into();
    if !anyone.call(op::list_events(&EventQuery::default())).await?.events.is_empty() {
        return Ok(buyers);
    }
    let admin = system.admin();
    let admin = anyone.log_in(&admin.email, &admin.password).await?;
    let mut events = Vec::new();
    for ((name, address, seat_count, state), day) in EVENTS.into_iter().zip((10..).step_by(10)) {
        let event = NewEvent {
            name: name.to_owned(),
            unix_time: Some(FIRST_OF_2030 + day * SECONDS_OF_A_DAY),
            address: address.to_owned(),
            description: format!("{name}: a sample event."),
            seat_count,
            max_per_buyer: Some(10),
            ..NewEvent::default()
        };
        events.push((admin.call(op::create_event(&event)).await?.event_id, state));
    }
    let mut members = Vec::new();
    for buyer in &buyers {
        let member = register(&anyone, buyer).await?;
        for (event, _) in &events {
            let held = member.call(op::reserve_tickets(*event, TICKETS_EACH)).await?;
            member.call(op::book_tickets(&held.ticket_ids)).await?;
        }
        members.push(member);
    }
    if let [member, ..] = &members[..]
        && let Some((sold_out, _)) = events.iter().find(|(_, state)| *state == State::SoldOut)
    {
        member.call(op::add_to_waitlist(*sold_out, 1)).await?;
    }
    for (event, state) in events {
        bring_into(state, event, &admin).await?;
    }
    Ok(buyers)
}

/// The buyer, logged in, with an account that is new or already there.
async fn register(anyone: &Client, buyer: &Buyer) -> Result<Client> {
    let name = buyer.email.split('@').next().unwrap_or_default();
    let registered = anyone.call(op::register_user(name, &buyer.email, &buyer.password)).await;
    if let Err(error) = registered
        && error.code() != Some(Code::EmailTaken)
    {
        return Err(error.into());
    }
    Ok(anyone.log_in(&buyer.email, &buyer.password).await?)
}

/// What an admin does to an event on sale, so that it is in this state.
async fn bring_into(state: State, event: Uuid, admin: &Client) -> Result<()> {
    let now = i64::try_from(now_us() / 1_000_000)?;
    let unchanged = EventChange { id: event.to_string(), ..EventChange::default() };
    let change = match state {
        State::OnSale | State::SoldOut => return Ok(()),
        State::Cancelled => return Ok(admin.call(op::cancel_event(event, Some("It rains"))).await?),
        State::Scheduled => EventChange { on_sale_unix_time: Some(now + OPENS_AFTER_S), ..unchanged },
        State::Paused => EventChange { paused: Some(true), ..unchanged },
        State::Closed => EventChange { off_sale_unix_time: Some(now - 1), ..unchanged },
    };
    Ok(admin.call(op::update_event(&change)).await?)
}
