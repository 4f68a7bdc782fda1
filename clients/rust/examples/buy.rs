//! Buys two seats of the first event on sale that has the words of the command line.
#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]
use std::{env, error::Error, pin::pin};

use booked_client::{Client, DEFAULT_URL, EventQuery, operations as op, seat_of};
use booked_contract::{Code, sale::EventStatus};
use futures_util::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (email, password) = (env::var("BOOKED_EMAIL")?, env::var("BOOKED_PASSWORD")?);
    let client = Client::new(&env::var("BOOKED").unwrap_or_else(|_| DEFAULT_URL.to_owned()))?;
    match client.call(op::register_user("Ada", &email, &password)).await {
        Err(error) if error.code() == Some(Code::EmailTaken) => println!("Welcome back."),
        registered => registered?,
    }
    let ada = client.log_in(&email, &password).await?;

    let words = env::args().skip(1).collect::<Vec<_>>().join(" ");
    let query = EventQuery { q: Some(words), status: Some(EventStatus::OnSale), ..EventQuery::default() };
    let mut events = pin!(ada.events(query));
    while let Some(event) = events.try_next().await? {
        use Code::{EventCancelled, OverBuyerLimit, SaleClosed, TooFewTickets};
        let held = match ada.call(op::reserve_tickets(event.id, 2)).await {
            Ok(held) => held,
            Err(error) => match error.code() {
                Some(TooFewTickets | OverBuyerLimit | SaleClosed | EventCancelled) => {
                    println!("{}: {error}", event.name);
                    continue;
                }
                _ => return Err(error.into()),
            },
        };
        ada.call(op::book_tickets(&held.ticket_ids)).await?;
        let seats = held.ticket_ids.iter().map(|ticket| seat_of(*ticket)).collect::<Result<Vec<_>, _>>()?;
        println!("{}: seats {seats:?}", event.name);
        return Ok(());
    }
    println!("Nothing is on sale.");
    Ok(())
}
