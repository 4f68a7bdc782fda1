//! Reads the evidence in this order: analytics before ticketing, whose ledger goes on meanwhile; Valkey before
//! Postgres, as the reconciler does; ticketing before the event service, which it follows.

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
    evidence::{EventRow, Evidence, InspectedEvent, Inspection, Inventory, Owner},
    history::Line,
    rules::suspect_events,
};

/// Between the first two inspections of seats that look wrong; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

const TICKETING: &str = "ticketing's database";

/// Reads everything that the sources name. Events with seats that look wrong are inspected again until they look right,
/// or until the limit.
///
/// # Errors
///
/// A source that is named and cannot be read.
pub async fn read_evidence(sources: &Sources, history: Vec<Line>) -> Result<Evidence, ReadError> {
    let limits = sources.limits;
    let mut evidence = Evidence { history, clock_skew: limits.clock_skew, ..Evidence::default() };
    if let Some(url) = &sources.analytics_database_url {
        let mut snapshot = Snapshot::open("analytics' database", url, limits).await?;
        evidence.analytics = Some(analytics::read(&mut snapshot).await?);
    }
    if let Some(url) = &sources.ticketing_database_url {
        let mut valkey = Valkey::open(sources).await?;
        let inventories = match &mut valkey {
            None => None,
            Some(valkey) => {
                let events = ticketing::events(&mut Snapshot::open(TICKETING, url, limits).await?).await?;
                Some(inventories(valkey, events.into_keys()).await?)
            }
        };
        let ticketing = ticketing::read(&mut Snapshot::open(TICKETING, url, limits).await?).await?;
        let inspection = inventories.map(|it| inspection(it, &ticketing.events, &ticketing.tickets));
        evidence.inspections.extend(inspection);
        evidence.ticketing = Some(ticketing);
        if let Some(valkey) = &mut valkey {
            inspect_again(valkey, url, limits, &mut evidence.inspections).await?;
        }
    }
    if let Some(url) = &sources.event_database_url {
        let mut snapshot = Snapshot::open("the event service's database", url, limits).await?;
        evidence.events = Some(event::read(&mut snapshot).await?);
    }
    Ok(evidence)
}

/// Inspects the events in which the same looks wrong at every inspection, until there are none or the time is over.
async fn inspect_again(
    valkey: &mut Valkey,
    ticketing_url: &str,
    limits: Limits,
    inspections: &mut Vec<Inspection>,
) -> Result<(), ReadError> {
    let until = Instant::now() + limits.settle_timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let suspects = suspect_events(inspections);
        let left = until.saturating_duration_since(Instant::now());
        if suspects.is_empty() || left.is_zero() {
            return Ok(());
        }
        sleep(pause.min(left)).await;
        pause *= 2;
        let inventories = inventories(valkey, suspects.into_iter()).await?;
        let mut snapshot = Snapshot::open(TICKETING, ticketing_url, limits).await?;
        let rows = ticketing::events(&mut snapshot).await?;
        let mut tickets = HashMap::new();
        for event in inventories.keys() {
            ticketing::tickets_of(&mut snapshot, *event, &mut tickets).await?;
        }
        inspections.push(inspection(inventories, &rows, &tickets));
    }
}

async fn inventories(
    valkey: &mut Valkey,
    events: impl Iterator<Item = EventId>,
) -> Result<BTreeMap<EventId, Inventory>, ReadError> {
    let mut inventories = BTreeMap::new();
    for event in events {
        if let Some(inventory) = valkey.inventory(event).await? {
            inventories.insert(event, inventory);
        }
    }
    Ok(inventories)
}

fn inspection(
    inventories: BTreeMap<EventId, Inventory>,
    rows: &HashMap<EventId, EventRow>,
    tickets: &HashMap<TicketId, Owner>,
) -> Inspection {
    let inspected = |event, inventory| InspectedEvent {
        inventory,
        row: rows.get(&event).copied(),
        sold: BTreeMap::new(),
    };
    let mut events: BTreeMap<EventId, InspectedEvent> =
        inventories.into_iter().map(|(event, inventory)| (event, inspected(event, inventory))).collect();
    for (ticket, owner) in tickets {
        if let Some(inspected) = events.get_mut(&ticket.event()) {
            inspected.sold.insert(ticket.seat().get(), owner.booking);
        }
    }
    Inspection { events }
}
