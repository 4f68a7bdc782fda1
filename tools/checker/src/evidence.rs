//! All that is known of a run: what clients recorded, and what the databases and Valkey said. A part that was not read
//! is `None`, and what needs it is not judged.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use booked_contract::feed::{EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_ids::{EventId, TicketId};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::history::Line;

/// All that is known of a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What clients recorded.
    pub history: Vec<Line>,
    /// Ticketing's database.
    pub ticketing: Option<Ticketing>,
    /// The event service's events, read after ticketing's.
    pub events: Option<HashMap<EventId, EventRow>>,
    /// Analytics' database, read before ticketing's.
    pub analytics: Option<Analytics>,
    /// Valkey beside Postgres, looked at one or more times. Every later look is at the events that looked wrong in the
    /// one before. Empty where one of the two was not read.
    pub looks: Vec<Look>,
    /// By how much clocks may differ.
    pub clock_skew: Duration,
}

/// Ticketing's database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Ticketing {
    /// Which life of its feed this is.
    pub incarnation: String,
    /// All events, the deleted too.
    pub events: HashMap<EventId, EventRow>,
    /// Who has which ticket now.
    pub tickets: HashMap<TicketId, Owner>,
    /// The attempts at booking that are settled, and whether they are booked; the others are void.
    pub attempts: HashMap<Uuid, bool>,
    /// What happened, in the order of the feed.
    pub ledger: Vec<Entry>,
    /// What was booked and cancelled before this time is archived, in Unix milliseconds: only its sums are in the ledger.
    pub archived_before_ms: Option<i64>,
    /// The attempts at booking that were settled before that.
    pub archived_attempts: HashSet<Uuid>,
    /// Who waits.
    pub waiting: Vec<Waiting>,
    /// Who was told, in that order.
    pub messages: Vec<Message>,
}

/// An event as a service keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Rises with every change.
    pub version: i64,
    /// Whether it is deleted.
    pub deleted: bool,
    /// How many seats it has.
    pub seat_count: u32,
}

/// Whose a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: Uuid,
    /// The attempt that booked it.
    pub booking: Uuid,
}

/// A place in a feed: the id of a row.
pub type Position = i64;

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// What happened.
    pub what: Happened,
}

/// What a row of the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Tickets of one event were booked.
    Booked(TicketsBooked),
    /// Tickets of one event were cancelled.
    Cancelled(TicketsCancelled),
    /// What was booked and cancelled of an event in months that are archived.
    Counted(TicketsCounted),
    /// An event was made, changed or deleted.
    OnSale(EventOnSale),
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For seats of this event.
    pub event: EventId,
    /// Who.
    pub user: Uuid,
    /// The place in the line.
    pub number: i64,
    /// For how many seats.
    pub wanted: u32,
}

/// Somebody who was told that seats are free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The place in the order of telling.
    pub number: i64,
    /// Seats of this event.
    pub event: EventId,
    /// Who.
    pub user: Uuid,
    /// So many.
    pub seats: u32,
    /// When, in Unix milliseconds.
    pub told_unix_ms: i64,
}

/// Analytics' database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Analytics {
    /// Which life of ticketing's feed the cursor belongs to; empty before the first batch.
    pub incarnation: String,
    /// Everything up to here is counted.
    pub cursor: Position,
    /// What it could not read, and so does not count.
    pub set_aside: BTreeSet<Position>,
    /// The counts.
    pub counts: BTreeMap<EventId, Counts>,
}

/// What analytics counts of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The version of its state; 0 where only counts were seen so far.
    pub version: i64,
    /// Whether it is deleted.
    pub deleted: bool,
    /// How many seats it has.
    pub total_seats: Option<u32>,
    /// Tickets ever booked.
    pub ever_booked: i64,
    /// Tickets cancelled.
    pub cancelled: i64,
    /// Tickets that are booked now, by the UTC day of their booking; days with none are left out.
    pub booked_now: BTreeMap<NaiveDate, i64>,
}

/// Valkey's maps, and what Postgres said after each of them.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// By event; one without a map is not here.
    pub events: BTreeMap<EventId, SeatsSeen>,
}

/// An event's map, and the event's tickets in Postgres as they were read after it.
#[derive(Clone, Debug)]
pub struct SeatsSeen {
    /// As it was in Valkey, at one moment.
    pub map: SeatMap,
    /// The event in Postgres; none where ticketing does not know it.
    pub row: Option<EventRow>,
    /// The sold seats, by the attempt that booked them.
    pub sold: BTreeMap<u32, Uuid>,
}

/// An event's keys in Valkey at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatMap {
    /// That moment of Valkey's clock, in Unix milliseconds.
    pub now_unix_ms: i64,
    /// The seats whose bit is set.
    pub taken: BTreeSet<u32>,
    /// The held seats and when their holds end, in Unix milliseconds.
    pub holds: BTreeMap<u32, i64>,
    /// The settling seats, and their deadlines.
    pub settling: BTreeMap<u32, i64>,
    /// The claims: `attempt|kind|user|expiry`.
    pub claims: BTreeMap<u32, String>,
    /// The users in the pairs of held seats, as read a little later; none where the pair is gone.
    pub holders: BTreeMap<u32, Option<Uuid>>,
    /// The counts.
    pub meta: Meta,
}

/// The counts beside a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// How many seats there are.
    pub capacity: i64,
    /// How many bits are set.
    pub taken: i64,
    /// How many seats ever came free in this map.
    pub freed: i64,
    /// No bit below this one is clear, counted from 0.
    pub hint: i64,
}
