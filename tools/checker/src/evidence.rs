//! All that is known about a run: what clients recorded, and what the databases and Valkey contain. A part that was not
//! read is `None`, and rules that need it are not judged.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use booked_contract::feed::{EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_ids::{EventId, TicketId};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::history::Line;

/// All that is known about a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub history: Vec<Line>,
    pub ticketing: Option<Ticketing>,
    /// The events of the event service, read after ticketing's.
    pub events: Option<HashMap<EventId, EventRow>>,
    /// Read before ticketing's.
    pub analytics: Option<Analytics>,
    /// Valkey compared with Postgres, once or several times. Every later inspection covers the events that looked wrong
    /// in the one before. Empty if one of the two was not read.
    pub inspections: Vec<Inspection>,
    /// How far clocks may differ.
    pub clock_skew: Duration,
}

/// Ticketing's database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Ticketing {
    /// Of its feed.
    pub incarnation: String,
    /// Deleted ones too.
    pub events: HashMap<EventId, EventRow>,
    pub tickets: HashMap<TicketId, Owner>,
    /// The booking attempts that are settled: true if booked, false if void.
    pub attempts: HashMap<Uuid, bool>,
    /// In the order of the feed.
    pub ledger: Vec<LedgerEntry>,
    /// Whatever was booked and cancelled before this time, in Unix milliseconds, is archived: the ledger has only its
    /// sums.
    pub archived_before_ms: Option<i64>,
    /// The booking attempts that were settled before that.
    pub archived_attempts: HashSet<Uuid>,
    pub waitlist: Vec<WaitlistEntry>,
    /// In the order in which they were created.
    pub notifications: Vec<Notification>,
    /// Users who were notified that an event is cancelled. Those of them who waited for it do not wait any more.
    pub told_of_cancel: HashSet<(EventId, Uuid)>,
}

/// An event as a service keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Rises with every change.
    pub version: i64,
    pub deleted: bool,
    pub seat_count: u32,
}

/// The owner of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub user: Uuid,
    /// The attempt that booked it.
    pub booking: Uuid,
}

/// A position in a feed: the id of a row.
pub type Position = i64;

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    pub position: Position,
    pub fact: Fact,
}

/// What a row of the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// All tickets of one event.
    Booked(TicketsBooked),
    /// All tickets of one event.
    Cancelled(TicketsCancelled),
    /// What was booked and cancelled of an event in archived months.
    Counted(TicketsCounted),
    /// An event was created, changed or deleted.
    OnSale(EventOnSale),
}

/// A user who waits for seats of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitlistEntry {
    pub event: EventId,
    pub user: Uuid,
    /// The place in the queue.
    pub number: i64,
    /// How many seats.
    pub wanted: u32,
}

/// A user was notified that seats of an event are free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Rises in the order in which users are notified.
    pub number: i64,
    pub event: EventId,
    pub user: Uuid,
    /// How many.
    pub seats: u32,
    pub created_unix_ms: i64,
}

/// Analytics' database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Analytics {
    /// Of ticketing's feed, when the cursor was moved last; empty before the first batch.
    pub incarnation: String,
    /// Everything up to here is counted.
    pub cursor: Position,
    /// What it could not read, and therefore does not count.
    pub set_aside: BTreeSet<Position>,
    pub counts: BTreeMap<EventId, Counts>,
}

/// What analytics counts of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The version of its state; 0 if analytics has seen only counts so far.
    pub version: i64,
    pub deleted: bool,
    pub total_seats: Option<u32>,
    pub ever_booked: i64,
    pub cancelled: i64,
    /// Tickets that are booked now, by the UTC day of their booking. Days without any are left out.
    pub booked_now: BTreeMap<NaiveDate, i64>,
}

/// Valkey's inventories, and what Postgres said after each of them.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// An event whose inventory is not loaded is missing here.
    pub events: BTreeMap<EventId, InspectedEvent>,
}

/// An event's inventory, and the event's tickets in Postgres as they were read after it.
#[derive(Clone, Debug)]
pub struct InspectedEvent {
    pub inventory: Inventory,
    /// The event in Postgres; none if ticketing does not know it.
    pub row: Option<EventRow>,
    /// The sold seats, each with the attempt that booked it.
    pub sold: BTreeMap<u32, Uuid>,
}

/// An event's keys in Valkey at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// That moment by Valkey's clock.
    pub now_unix_ms: i64,
    /// The seats whose bit is set.
    pub taken: BTreeSet<u32>,
    /// The held seats, and when their holds expire in Unix milliseconds.
    pub holds: BTreeMap<u32, i64>,
    /// The settling seats, and their deadlines.
    pub settling: BTreeMap<u32, i64>,
    /// `attempt|kind|user|expiry`.
    pub claims: BTreeMap<u32, String>,
    /// The users in the pairs of held seats, read a little later; none if the pair is gone.
    pub holders: BTreeMap<u32, Option<Uuid>>,
    pub meta: Meta,
}

/// The key `meta` of an inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub capacity: i64,
    /// How many bits are set.
    pub taken: i64,
    /// How many seats ever came free in this inventory.
    pub freed: i64,
    /// No bit below this one is clear, counted from 0.
    pub hint: i64,
}
