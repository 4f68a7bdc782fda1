//! Writes data directly into the databases that would take too long to create with the API: events, as the event service
//! and ticketing's consumer of its feed would have written them, and sold tickets.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use booked_load::client::now_us;
use booked_local_system::Service;
use uuid::Uuid;

use super::testbed::Testbed;
use crate::context::BenchContext;

/// The database for pgbench: the schema of ticketing, but no process that reads what is written.
const FLOOR: &str = "booked_floor";

/// Events, each at its own second.
#[derive(Clone, Copy)]
pub(super) struct Catalog {
    pub(super) events: u32,
    pub(super) seats: u32,
}

/// Which 99% of the seats of an event are sold.
#[derive(Clone, Copy)]
pub(super) enum Sold {
    /// As in a real sale: the last seats are free.
    FromTheFirst,
    /// No two free seats are adjacent.
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

/// The event with this number, from 0, of any catalog.
pub(super) fn event_of(number: u32) -> Result<Uuid> {
    let (high, low) = (number >> 16, number & 0xffff);
    format!("019a0000-{high:04x}-8000-8000-{low:04x}00000000").parse().context("invalid id")
}

pub(super) fn catalog(testbed: &Testbed, catalog: Catalog) -> Result<()> {
    const ID: &str = "format('019a0000-%s-8000-8000-%s00000000', lpad(to_hex(n / 65536), 4, '0'), \
                      lpad(to_hex(n % 65536), 4, '0'))::uuid";
    const TEXTS: &str = "'Concert ' || n, 1900000000 + n, 'Prenzlauer Berg, Berlin', 'Schubert, and soup'";
    let Catalog { events, seats } = catalog;
    let numbers = format!("FROM generate_series(0, {events} - 1) AS n; ANALYZE events;");
    testbed.sql(
        Service::Event,
        &format!(
            "INSERT INTO events (id, version, name, unix_time, address, description, seat_count, created_at) \
             SELECT {ID}, 1, {TEXTS}, {seats}, now() {numbers}"
        ),
    )?;
    testbed.sql(
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

/// Sells 99% of the seats of an event that has had no call yet, so that its inventory is loaded with these.
pub(super) fn sell(testbed: &Testbed, event: Uuid, seats: u32, sold: Sold) -> Result<()> {
    let (buyer, condition) = (Uuid::from_u128(2), sold.condition());
    let sql = format!(
        "WITH booking AS (INSERT INTO bookings (id, booked) VALUES (gen_random_uuid(), true) RETURNING id) \
         INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at) \
         SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}', '{buyer}', booking.id, \
             now() \
         FROM booking, generate_series(1, {seats}) AS seat, (SELECT {seats} AS seats) AS given WHERE {condition}; \
         ANALYZE tickets;"
    );
    testbed.sql(Service::Ticketing, &sql).map(drop)
}

/// Creates the database for pgbench, with the tables of ticketing, and returns its URL.
pub(super) fn floor_database(bench: &BenchContext, testbed: &Testbed) -> Result<String> {
    testbed.create_database(FLOOR)?;
    let url = testbed.database_url(FLOOR);
    let mut migrate = std::process::Command::new(bench.binaries.of(Service::Ticketing)?);
    migrate.arg("migrate").env("DATABASE_URL", &url).stdin(Stdio::null());
    let output =
        tokio::task::block_in_place(|| migrate.output()).context("cannot run ticketing's migrate")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "migrating {FLOOR} failed: {}", stderr.trim());
    Ok(url)
}

/// Creates an event in the database for pgbench.
pub(super) fn floor_event(testbed: &Testbed) -> Result<Uuid> {
    let event = Uuid::from_u128(u128::from(now_us()) << 64 | 0x8000_u128 << 48);
    let sql = format!(
        "INSERT INTO events (id, version, deleted, seat_count) VALUES ('{event}', 1, false, 2000000000)"
    );
    testbed.sql_in(FLOOR, &sql)?;
    Ok(event)
}
