//! What would take too long by the API is written straight into the databases: events, as the event service and its feed
//! would have written them on both sides, and sold tickets.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use booked_load::client::now_us;
use booked_local_system::Service;
use uuid::Uuid;

use super::stage::Stage;
use crate::context::Bench;

/// The database of pgbench: the schema of ticketing, and nobody who reads what is written.
const FLOOR: &str = "booked_floor";

/// So many events of so many seats, each its own second.
#[derive(Clone, Copy)]
pub(super) struct Catalogue {
    pub(super) events: u32,
    pub(super) seats: u32,
}

/// Which seats of an event are sold: 99%.
#[derive(Clone, Copy)]
pub(super) enum Sold {
    /// As they are sold by themselves: the free ones are the last.
    FromTheFirst,
    /// No two free ones are neighbours.
    AllButEveryHundredth,
}

impl Sold {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FromTheFirst => "sold from the first on",
            Self::AllButEveryHundredth => "every hundredth free",
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Self::FromTheFirst => "seat <= seats * 99 / 100",
            Self::AllButEveryHundredth => "seat % 100 <> 0",
        }
    }
}

/// The event of this number, from 0, of every catalogue.
pub(super) fn event_of(number: u32) -> Result<Uuid> {
    let (high, low) = (number >> 16, number & 0xffff);
    format!("019a0000-{high:04x}-8000-8000-{low:04x}00000000").parse().context("no id")
}

/// Writes all its events.
pub(super) fn catalogue(stage: &Stage, catalogue: Catalogue) -> Result<()> {
    const ID: &str = "format('019a0000-%s-8000-8000-%s00000000', lpad(to_hex(n / 65536), 4, '0'), \
                      lpad(to_hex(n % 65536), 4, '0'))::uuid";
    const TEXTS: &str = "'Concert ' || n, 1900000000 + n, 'Prenzlauer Berg, Berlin', 'Schubert, and soup'";
    let Catalogue { events, seats } = catalogue;
    let numbers = format!("FROM generate_series(0, {events} - 1) AS n; ANALYZE events;");
    stage.sql(
        Service::Event,
        &format!(
            "INSERT INTO events (id, version, name, unix_time, address, description, seat_count, created_at) \
             SELECT {ID}, 1, {TEXTS}, {seats}, now() {numbers}"
        ),
    )?;
    stage.sql(
        Service::Ticketing,
        &format!(
            "INSERT INTO events (id, version, deleted, seat_count, details) \
             SELECT {ID}, 1, false, {seats}, to_jsonb(details) \
             FROM (SELECT n, name, unix_time, address, description FROM generate_series(0, {events} - 1) AS n, \
                 LATERAL (SELECT {TEXTS}) AS texts (name, unix_time, address, description)) AS details; ANALYZE events;"
        ),
    )?;
    Ok(())
}

/// Sells 99% of the seats of an event that nobody has asked for yet, so that its map is made from these.
pub(super) fn sell(stage: &Stage, event: Uuid, seats: u32, sold: Sold) -> Result<()> {
    let (buyer, condition) = (Uuid::from_u128(2), sold.condition());
    let sql = format!(
        "WITH booking AS (INSERT INTO bookings (id, booked) VALUES (gen_random_uuid(), true) RETURNING id) \
         INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at) \
         SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}', '{buyer}', booking.id, \
             now() \
         FROM booking, generate_series(1, {seats}) AS seat, (SELECT {seats} AS seats) AS given WHERE {condition}; \
         ANALYZE tickets;"
    );
    stage.sql(Service::Ticketing, &sql).map(drop)
}

/// Makes the database for pgbench, with the tables of ticketing; its URL.
pub(super) fn floor_database(bench: &Bench, stage: &Stage) -> Result<String> {
    stage.create_database(FLOOR)?;
    let url = stage.database_url(FLOOR);
    let mut migrate = std::process::Command::new(bench.binaries.of(Service::Ticketing)?);
    migrate.arg("migrate").env("DATABASE_URL", &url).stdin(Stdio::null());
    let output =
        tokio::task::block_in_place(|| migrate.output()).context("cannot run ticketing's migrate")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "migrating {FLOOR} failed: {}", said.trim());
    Ok(url)
}

/// A new event there.
pub(super) fn floor_event(stage: &Stage) -> Result<Uuid> {
    let event = Uuid::from_u128(u128::from(now_us()) << 64 | 0x8000_u128 << 48);
    let sql = format!(
        "INSERT INTO events (id, version, deleted, seat_count) VALUES ('{event}', 1, false, 2000000000)"
    );
    stage.sql_in(FLOOR, &sql)?;
    Ok(event)
}
