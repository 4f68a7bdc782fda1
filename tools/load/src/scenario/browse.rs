//! `browse`: pages of events, one after the other, and some single events.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use booked_checker::history::{Outcome, Response};
use booked_client::{EventQuery, operations::list_events};
use booked_contract::event::NewEvent;
use rand::Rng;
use uuid::Uuid;

use super::{Scenario, expectation::Expectation, setup::Setup};
use crate::{
    options::Options,
    run::{Iteration, Page},
};

/// Events of a page.
const LIMIT: u32 = 10;
/// Events of the largest page.
const LIMIT_MAX: u32 = 100;
/// No client reads further.
const PAGES_MAX: u32 = 3;
/// How often an event of the page is read.
const READ_SHARE: f64 = 0.5;
const FIRST_OF_2030: i64 = 1_893_456_000;
const SEATS: u32 = 1_000;
/// The event was deleted after the page was read.
const NO_SUCH_EVENT: &str = "EVENT-03";

pub(super) struct Browse {
    pages_out_of_order: AtomicU64,
    impossible_events: AtomicU64,
}

impl Browse {
    pub(super) async fn prepare(setup: &Setup, options: &Options) -> anyhow::Result<Self> {
        let largest = EventQuery { limit: Some(LIMIT_MAX), ..EventQuery::default() };
        let answer = setup.gateway.send(list_events(&largest).into_request()).await?;
        let page: Page = serde_json::from_slice(&answer.body)?;
        let there = u32::try_from(page.events.len()).unwrap_or(u32::MAX);
        for number in there..options.events {
            setup.step(&format!("Creating events: {number} of {}", options.events));
            setup.new_event_with(&event(number)).await?;
        }
        Ok(Self { pages_out_of_order: AtomicU64::default(), impossible_events: AtomicU64::default() })
    }

    async fn read(&self, iteration: &mut Iteration, event: Uuid) {
        let outcome = iteration.read_event(event, &[NO_SUCH_EVENT]).await;
        if let Outcome::Ok(Response::Event { seat_count, available_seats_count }) = outcome {
            let is_wrong = available_seats_count > seat_count;
            self.impossible_events.fetch_add(u64::from(is_wrong), Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl Scenario for Browse {
    async fn iterate(&self, iteration: &mut Iteration) {
        let mut query = EventQuery { limit: Some(LIMIT), ..EventQuery::default() };
        let mut after = i64::MIN;
        for _ in 0..iteration.random.random_range(1..=PAGES_MAX) {
            let Some(page) = iteration.list_events(&query).await else { return };
            if page.events.is_empty() {
                return;
            }
            let is_later = page.next_time_to_fetch > after;
            self.pages_out_of_order.fetch_add(u64::from(!is_later), Ordering::Relaxed);
            let wrong = page.events.iter().filter(|it| it.available_seats_count > it.seat_count).count();
            self.impossible_events.fetch_add(u64::try_from(wrong).unwrap_or(u64::MAX), Ordering::Relaxed);
            if iteration.chance(READ_SHARE) {
                let chosen = iteration.random.random_range(0..page.events.len());
                self.read(iteration, page.events[chosen].id).await;
            }
            after = page.next_time_to_fetch;
            query.timestamp = Some(after);
        }
    }

    async fn expectations(&self, _: &Setup) -> Vec<Expectation> {
        let (pages, events) = (&self.pages_out_of_order, &self.impossible_events);
        vec![
            Expectation::counted(
                "Pages that do not continue the previous one",
                0,
                pages.load(Ordering::Relaxed),
            ),
            Expectation::counted("Events with more free seats than seats", 0, events.load(Ordering::Relaxed)),
        ]
    }
}

/// Each event has a second of its own, so that a page is no longer than requested.
fn event(number: u32) -> NewEvent {
    NewEvent {
        name: format!("An evening of chamber music, number {number}"),
        unix_time: Some(FIRST_OF_2030 + i64::from(number)),
        address: "Elbphilharmonie, Hamburg".to_owned(),
        description: "Created by the load kit, to be browsed".to_owned(),
        latitude: Some(53.5413),
        longitude: Some(9.9841),
        seat_count: i64::from(SEATS),
        ..NewEvent::default()
    }
}
