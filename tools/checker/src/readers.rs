//! Reads the evidence: analytics before ticketing, whose ledger goes on; Valkey before Postgres, as the reconciler does;
//! the event service after ticketing, which follows it.

mod analytics;
mod event;
mod snapshot;
mod ticketing;
mod valkey;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use booked_ids::{EventId, TicketId};
use tokio::time::{Instant, sleep};

use self::{snapshot::Snapshot, valkey::Valkey};
use crate::{
    Limits, ReadError, Sources,
    evidence::{EventRow, Evidence, Look, Owner, SeatMap, SeatsSeen},
    history::Line,
    rules::events_to_look_at_again,
};

/// Between the first two looks at seats that look wrong; every further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

const TICKETING: &str = "ticketing's database";

/// Reads all that the sources name. Seats that look wrong are looked at again until they look right, or for as long as
/// the limits say.
///
/// # Errors
///
/// Where a source that is named cannot be read.
pub async fn read_evidence(sources: &Sources, history: Vec<Line>) -> Result<Evidence, ReadError> {
    let limits = sources.limits;
    let mut evidence = Evidence { history, clock_skew: limits.clock_skew, ..Evidence::default() };
    if let Some(url) = &sources.analytics_database_url {
        let mut snapshot = Snapshot::open("analytics' database", url, limits).await?;
        evidence.analytics = Some(analytics::read(&mut snapshot).await?);
    }
    if let Some(url) = &sources.ticketing_database_url {
        let mut valkey = Valkey::open(sources).await?;
        let maps = match &mut valkey {
            None => None,
            Some(valkey) => {
                let events = ticketing::events(&mut Snapshot::open(TICKETING, url, limits).await?).await?;
                Some(maps(valkey, events.into_keys()).await?)
            }
        };
        let ticketing = ticketing::read(&mut Snapshot::open(TICKETING, url, limits).await?).await?;
        evidence.looks.extend(maps.map(|maps| look(maps, &ticketing.events, &ticketing.tickets)));
        evidence.ticketing = Some(ticketing);
        if let Some(valkey) = &mut valkey {
            watch(valkey, url, limits, &mut evidence.looks).await?;
        }
    }
    if let Some(url) = &sources.event_database_url {
        let mut snapshot = Snapshot::open("the event service's database", url, limits).await?;
        evidence.events = Some(event::read(&mut snapshot).await?);
    }
    Ok(evidence)
}

/// Looks again at the events in which the same looks wrong at every look, until there are none or the time is over.
async fn watch(
    valkey: &mut Valkey,
    ticketing_url: &str,
    limits: Limits,
    looks: &mut Vec<Look>,
) -> Result<(), ReadError> {
    let until = Instant::now() + limits.settle_timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let suspects = events_to_look_at_again(looks);
        let left = until.saturating_duration_since(Instant::now());
        if suspects.is_empty() || left.is_zero() {
            return Ok(());
        }
        sleep(pause.min(left)).await;
        pause *= 2;
        let maps = maps(valkey, suspects.into_iter()).await?;
        let mut snapshot = Snapshot::open(TICKETING, ticketing_url, limits).await?;
        let rows = ticketing::events(&mut snapshot).await?;
        let mut tickets = HashMap::new();
        for event in maps.keys() {
            ticketing::tickets_of(&mut snapshot, *event, &mut tickets).await?;
        }
        looks.push(look(maps, &rows, &tickets));
    }
}

async fn maps(
    valkey: &mut Valkey,
    events: impl Iterator<Item = EventId>,
) -> Result<BTreeMap<EventId, SeatMap>, ReadError> {
    let mut maps = BTreeMap::new();
    for event in events {
        if let Some(map) = valkey.map(event).await? {
            maps.insert(event, map);
        }
    }
    Ok(maps)
}

fn look(
    maps: BTreeMap<EventId, SeatMap>,
    rows: &HashMap<EventId, EventRow>,
    tickets: &HashMap<TicketId, Owner>,
) -> Look {
    let mut events: BTreeMap<EventId, SeatsSeen> = maps
        .into_iter()
        .map(|(event, map)| (event, SeatsSeen { map, row: rows.get(&event).copied(), sold: BTreeMap::new() }))
        .collect();
    for (ticket, owner) in tickets {
        if let Some(seen) = events.get_mut(&ticket.event()) {
            seen.sold.insert(ticket.seat().get(), owner.booking);
        }
    }
    Look { events }
}
